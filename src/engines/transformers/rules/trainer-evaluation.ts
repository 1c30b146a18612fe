import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../facts.ts";
import { optionAt } from "../trainers/written.ts";

/** Option → the values of it that make the trainer evaluate. */
const evaluating: Readonly<Record<string, readonly unknown[]>> = {
  eval_strategy: ["steps", "epoch"],
  eval_on_start: [true],
  do_eval: [true],
  lr_scheduler_type: ["reduce_lr_on_plateau", "greedy"],
  save_strategy: ["best"],
};

/** A plan names a training split only, so nothing may ask for an evaluation. */
export const trainerEvaluation: Rule<PlanFacts> = {
  name: "trainer-evaluation",
  *check({ plan }) {
    for (const [name, values] of Object.entries(evaluating)) {
      const written = plan.sft[name];
      if (!values.includes(written)) continue;
      yield report("PLN4026", optionAt(plan, name), { name, written: String(written) });
    }
  },
};
