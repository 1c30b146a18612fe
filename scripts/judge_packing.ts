/**
 * Judges with an installed release whether the documents of a packed row see each other, family by family, and writes what
 * it found: src/engines/transformers/releases/MINOR/documents.json. `judge_packing.py` says what a verdict means.
 *
 *     PYTHON=.venv/bin/python npx tsx scripts/judge_packing.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { families } from "../src/model/families.ts";
import { judge } from "./packing/judge.ts";
import { root } from "./root.ts";

const found = judge(process.env["PYTHON"] ?? "python3", families.keys(), "inherit");
const rows = Object.entries(found.families)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([type, verdicts]) => {
    const pairs = Object.entries(verdicts).map(
      ([name, verdict]) => `${JSON.stringify(name)}: ${JSON.stringify(verdict)}`,
    );
    return `    ${JSON.stringify(type)}: { ${pairs.join(", ")} }`;
  });
const head = [`  "transformers": "${found.transformers}",`, `  "torch": "${found.torch}",`].join("\n");
const folder = `${root}src/engines/transformers/releases/${found.transformers.split(".").slice(0, 2).join(".")}`;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/documents.json`, `{\n${head}\n  "families": {\n${rows.join(",\n")}\n  }\n}\n`);
