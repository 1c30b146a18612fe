import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

/** Pipeline stages exist in the engine, but neither FSDP, token dispatch nor this trainer runs over them. */
export const pipeline: Rule<ModelFacts> = {
  name: "mesh-pipeline",
  *check({ plan, sizes }) {
    if (sizes.pp_size === 1) return;
    yield report("PLN3006", plan.written.at("parallelism.pp_size"), { pp_size: sizes.pp_size });
  },
};
