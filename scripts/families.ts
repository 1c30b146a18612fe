/**
 * Writes `src/generated/families.js`: the record of every family as a text that is parsed when a config asks for it. Git
 * ignores it.
 *
 *     npx tsx scripts/families.ts
 */
import { familyTexts } from "./families/texts.ts";
import { write } from "./write.ts";

const entries = familyTexts()
  .map(([name, text]) => `  ${name}: ${JSON.stringify(text)},`)
  .join("\n");
write("src/generated/families.js", `/** Type → the text of its record. */\nexport const records = {\n${entries}\n};\n`);
write("src/generated/families.d.ts", "export const records: Readonly<Record<string, string>>;\n");
