/**
 * Writes the lists that nobody should have to keep: the rules of each room in the order in which they run, its known
 * issues, and the catalogue of codes. Git ignores them.
 *
 *     npx tsx scripts/rules.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { root } from "./root.ts";
import { catalogueText, issuesText, rulesText } from "./rules/lists.ts";
import { readIssues, readRules } from "./rules/read.ts";
import { write } from "./write.ts";

const rooms = {
  common: "src/check/rules",
  transformers: "src/engines/transformers/rules",
  trl: "src/trainers/trl/rules",
  skypilot: "src/schedulers/skypilot/rules",
  slurm: "src/schedulers/slurm/rules",
  kubernetes: "src/schedulers/kubernetes/rules",
  trainjob: "src/schedulers/trainjob/rules",
};

const withIssues = { transformers: "src/engines/transformers/issues", trl: "src/trainers/trl/issues" };

const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .filter((name) => name.endsWith(".ts") && !name.startsWith("src/generated/"))
  .sort();
const texts = new Map(files.map((file) => [file, readFileSync(`${root}${file}`, "utf8")]));
const sources = readRules(texts);
for (const [name, folder] of Object.entries(rooms))
  write(`src/generated/rules/${name}.ts`, rulesText(sources, folder, `src/generated/rules/${name}.ts`));
const issues = readIssues(texts);
for (const [name, folder] of Object.entries(withIssues))
  write(`src/generated/issues/${name}.ts`, issuesText(issues, folder, `src/generated/issues/${name}.ts`));
write("src/generated/catalogue.ts", catalogueText(sources, "src/generated/catalogue.ts"));
