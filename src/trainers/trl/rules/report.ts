import type { Case } from "../../../diagnostics/case.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { PLN4025 } from "./option-pairs.ts";

/** `none` and `all` stand alone. */
export const report: Rule<PlanFacts> = {
  name: "report",
  *check({ plan }) {
    const written = plan.options["report_to"];
    const names = Array.isArray(written) ? written : [written];
    for (const [index, name] of names.entries()) {
      const location = Array.isArray(written) ? optionAt(plan, ["report_to", index]) : optionAt(plan, "report_to");
      if (names.length > 1 && (name === "none" || name === "all")) {
        const why = "stands alone: it is no entry of a list";
        yield PLN4025(location, { name: "report_to", written: name, why }, { help: `write report_to: ${name}` });
      }
    }
  },
};

export const cases: readonly Case[] = [
  {
    plan: `
sft: { report_to: [wandb, none] }
#@ [27:31) PLN4025 report_to none stands alone: it is no entry of a list
#@   help: write report_to: none
`,
  },
  {
    plan: `
sft: { report_to: [all, none] }
#@ [20:23) PLN4025 report_to all stands alone: it is no entry of a list
#@   help: write report_to: all
#@ [25:29) PLN4025 report_to none stands alone: it is no entry of a list
#@   help: write report_to: none
`,
  },
  {
    name: "alone in a list",
    shows: "nothing",
    plan: `
sft: { report_to: [none], max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
];
