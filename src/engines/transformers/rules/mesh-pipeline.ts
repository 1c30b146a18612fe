import type { Rule } from "../../../check/rule.ts";
import type { Case } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";

/** Pipeline stages exist in the engine, but neither FSDP, token dispatch nor this trainer runs over them. */
export const pipeline: Rule<ModelFacts> = {
  name: "mesh-pipeline",
  *check({ plan, sizes }) {
    if (sizes.pp_size === 1) return;
    yield report("PLN3006", plan.written.at("parallelism.pp_size"), { pp_size: sizes.pp_size });
  },
};

export const cases: readonly Case[] = [
  {
    plan: `
parallelism: { ep_size: 4, fsdp_size: 4, pp_size: 2 }
#@ [51:52) PLN3006 pp_size 2: pipeline parallelism does not run with FSDP, with token dispatch or with the trainer of transformers 5.23
#@   help: leave pp_size out and shard over fsdp_size
`,
  },
];
