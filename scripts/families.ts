/**
 * Writes `src/generated/families.js`: the record of every family as a text that is parsed when a config asks for it. Git
 * ignores it.
 *
 *     npx tsx scripts/families.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { root } from "./root.ts";
import { write } from "./write.ts";

const folder = `${root}src/model/families`;
const records = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => [
    name.slice(0, -".json".length),
    JSON.stringify(JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))),
  ]);
const entries = records.map(([name, text]) => `  ${name}: ${JSON.stringify(text)},`).join("\n");
write("src/generated/families.js", `/** Type → the text of its record. */\nexport const records = {\n${entries}\n};\n`);
write("src/generated/families.d.ts", "export const records: Readonly<Record<string, string>>;\n");
