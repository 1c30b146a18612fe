import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Plan } from "../../../plan/plan.ts";
import { show } from "../../../text/show.ts";
import type { PlanFacts } from "../facts.ts";
import { trainerValue } from "../trainer.ts";
import { optionAt } from "../trainers/written.ts";

interface Pair {
  /** The option that the message is about. */
  readonly option: string;
  readonly clashes: (plan: Plan) => boolean;
  readonly why: (plan: Plan) => string;
  readonly help: string;
}

const value = trainerValue;

/** Combinations that the configuration class or the trainer refuses when it is built. */
const pairs: readonly Pair[] = [
  {
    option: "max_length",
    clashes: (plan) => value(plan, "max_length") === null && value(plan, "packing") === true,
    why: () => "does not go with packing: packed sequences are cut to that length",
    help: "write max_length, or drop packing",
  },
  {
    option: "padding_free",
    clashes: (plan) =>
      value(plan, "padding_free") === true && value(plan, "packing") !== true && value(plan, "max_length") !== null,
    why: (plan) => `does not go with max_length ${value(plan, "max_length")} without packing: it would not be enforced`,
    help: "write packing: true, or max_length: null",
  },
  {
    option: "dataloader_prefetch_factor",
    clashes: (plan) =>
      typeof value(plan, "dataloader_prefetch_factor") === "number" && value(plan, "dataloader_num_workers") === 0,
    why: () => "needs dataloader_num_workers of at least 1",
    help: "write dataloader_num_workers",
  },
  {
    option: "dataloader_persistent_workers",
    clashes: (plan) =>
      value(plan, "dataloader_persistent_workers") === true && value(plan, "dataloader_num_workers") === 0,
    why: () => "needs dataloader_num_workers of at least 1",
    help: "write dataloader_num_workers",
  },
];

/** Options that contradict each other. The message stands at the one that gives way, where it is written. */
export const trainerPairs: Rule<PlanFacts> = {
  name: "trainer-pairs",
  *check({ plan }) {
    for (const { option: name, clashes, why, help } of pairs) {
      if (!clashes(plan)) continue;
      yield report(
        "PLN4025",
        optionAt(plan, name),
        { name, written: show(value(plan, name)), why: why(plan) },
        { help },
      );
    }
  },
};
