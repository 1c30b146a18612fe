/**
 * Writes `src/generated/families.js` and `operations.js`: the records of every family as texts that are parsed when a config asks
 * for one. Git ignores them.
 *
 *     npx tsx scripts/families.ts
 */
import { recordFolders, recordTexts } from "./families/texts.ts";
import { write } from "./write.ts";

for (const folder of recordFolders) {
  const entries = recordTexts(folder)
    .map(([name, text]) => `  ${name}: ${JSON.stringify(text)},`)
    .join("\n");
  const file = `src/generated/${folder}`;
  write(`${file}.js`, `/** Type → the text of its record. */\nexport const records = {\n${entries}\n};\n`);
  write(`${file}.d.ts`, "export const records: Readonly<Record<string, string>>;\n");
}
