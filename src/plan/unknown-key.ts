import type { Case } from "../diagnostics/case.ts";
import { PLN1020 } from "../diagnostics/catalogue/language.ts";
import { type Diagnostic, replaceWith } from "../diagnostics/diagnostic.ts";
import { type Path, showPath } from "../source/path.ts";
import { suggest } from "../text/suggest.ts";
import { andList } from "../text/words.ts";
import { insteadOf } from "./foreign-keys.ts";
import { keysOf, sectionOf } from "./keys.ts";
import type { Written } from "./plan.ts";

/**
 * A key that the mapping at `parent` does not take: what another tool calls so, a key like it, or all that there are. `kind`:
 * what stands under that name in the mapping.
 */
export function unknownKey(parent: Path, key: string, kind: unknown, written: Written): Diagnostic {
  const place = written.at([...parent, key], "key");
  const section = showPath(parent);
  const known = keysOf(section, kind);
  const where = parent.length === 0 ? "the plan" : section;
  const related = written.via([...parent, key]);
  const instead = insteadOf(key);
  if (instead !== undefined) return PLN1020(place, { key, where }, { help: instead, related });
  const near = suggest(key, known);
  if (near !== undefined) {
    const values = { key, where, near };
    // A key that is written twice would be the next mistake.
    if (written.has([...parent, near]))
      return PLN1020(place, values, { variant: "near", help: `${near} is written as well: drop one of them`, related });
    return PLN1020(place, values, { variant: "near", fixes: [replaceWith(place, near, `write ${near}`)], related });
  }
  const other = sectionOf(key);
  const help = other === undefined ? `${where} takes ${andList(known)}` : `${key} belongs under ${other}`;
  return PLN1020(place, { key, where }, { help, related });
}

export const cases: readonly Case[] = [
  {
    name: "a key that is nearly one",
    plan: `
parallelism:
  ep_sise: 4
#@ [03:10) PLN1020 unknown key ep_sise in parallelism; did you mean ep_size?
#@   fix "write ep_size" -> fine
`,
  },
  {
    name: "a key that is nearly one, in quotes between braces",
    plan: `
parallelism: { "ep_sise": 4 }
#@ [16:25) PLN1020 unknown key ep_sise in parallelism; did you mean ep_size?
#@   fix "write ep_size" -> fine
`,
  },
  {
    name: "what was meant is written as well",
    plan: `
parallelism:
  ep_sise: 4
#@ [03:10) PLN1020 unknown key ep_sise in parallelism; did you mean ep_size?
#@   help: ep_size is written as well: drop one of them
  ep_size: 4
`,
  },
  {
    name: "a misspelt key in place of one that has to be there is one mistake",
    rest: "sections",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nods: 1
#@ [03:07) PLN1020 unknown key nods in cluster; did you mean nodes?
#@   fix "write nodes" -> fine
  gpus_per_node: 8
`,
  },
  {
    name: "a key of another tool, and one of another section",
    plan: `
tensor_parallel_size: 1
#@ [01:21) PLN1020 unknown key tensor_parallel_size in the plan
#@   help: write parallelism.tp_size
parallelism: { ep_size: 4, gpus_per_node: 8 }
#@ [28:41) PLN1020 unknown key gpus_per_node in parallelism
#@   help: gpus_per_node belongs under cluster
`,
  },
  {
    name: "a key that is like none",
    plan: `
data: { path: /data/rows.parquet, columns: [text] }
#@ [35:42) PLN1020 unknown key columns in data
#@   help: data takes path, name, split, eval_path and eval_split
zoo: 1
#@ [01:04) PLN1020 unknown key zoo in the plan
#@   help: the plan takes version, name, model, stack, cluster, parallelism, precision, recompute, data, sft, dpo, lora, conversion and export
`,
  },
];
