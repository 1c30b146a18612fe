/**
 * Writes the lists that nobody should have to keep: the rules of each room in the order in which they run, and the
 * catalogue of codes. Git ignores both.
 *
 *     npx tsx scripts/rules.ts
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { root } from "./root.ts";
import { catalogueText, rulesText } from "./rules/lists.ts";
import { readRules } from "./rules/read.ts";

const rooms = {
  common: "src/check/rules",
  transformers: "src/engines/transformers/rules",
  trl: "src/trainers/trl/rules",
};

const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .filter((name) => name.endsWith(".ts") && !name.startsWith("src/generated/"))
  .sort();
const sources = readRules(new Map(files.map((file) => [file, readFileSync(`${root}${file}`, "utf8")])));
for (const [name, folder] of Object.entries(rooms))
  write(`src/generated/rules/${name}.ts`, rulesText(sources, folder, `src/generated/rules/${name}.ts`));
write("src/generated/catalogue.ts", catalogueText(sources, "src/generated/catalogue.ts"));

/** Leaves an unchanged file untouched, so that its time does not make the build start over. */
function write(file: string, text: string): void {
  if (existsSync(`${root}${file}`) && readFileSync(`${root}${file}`, "utf8") === text) return;
  mkdirSync(`${root}${file.slice(0, file.lastIndexOf("/"))}`, { recursive: true });
  writeFileSync(`${root}${file}`, text);
}
