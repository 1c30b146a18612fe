/**
 * Writes `docs/diagnostics/`: the page of each code, as `planc explain CODE` prints it, and a list of them.
 *
 *     npx tsx scripts/diagnostics_docs.ts
 */
import { readdirSync, rmSync } from "node:fs";
import { pageOf } from "../src/diagnostics/page.ts";
import { catalogue } from "../src/generated/catalogue.ts";
import { root } from "./root.ts";
import { write } from "./write.ts";

const folder = "docs/diagnostics";
const entries = [...catalogue.values()];
const rows = entries.map(({ code, reporter, title }) => `| [${code}](${code}.md) | ${reporter.severity} | ${title} |`);
const pages = new Map([
  ...entries.map((entry) => [`${entry.code}.md`, pageOf(entry)] as const),
  [
    "README.md",
    `# Messages of planc

\`planc explain CODE\` prints the same pages. PLN1 is about text and schema, PLN2 about the model, PLN3 about the mesh and
sharding, PLN4 about the stack, PLN5 about the cluster, memory and the bundle's folder. A code keeps its meaning for ever.

| code | | |
|---|---|---|
${rows.join("\n")}
`,
  ],
]);

for (const [name, text] of pages) write(`${folder}/${name}`, text);
for (const name of readdirSync(`${root}${folder}`)) if (!pages.has(name)) rmSync(`${root}${folder}/${name}`);
