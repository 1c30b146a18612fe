import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { optionAt } from "../../plan/task.ts";
import type { BoundFacts } from "../../stack/facts.ts";

/** `max_length` against the positions that the model knows; its published value already counts rope scaling in. */
export const positions: Rule<BoundFacts> = {
  name: "positions",
  *check({ plan, model }) {
    const { max_length } = plan.options;
    const known = model.sizes.max_position_embeddings;
    if (typeof max_length !== "number" || known === undefined || max_length <= known) return;
    yield report(
      "PLN2014",
      optionAt(plan, "max_length"),
      { max_length, positions: known },
      {
        related: [
          { message: `max_position_embeddings is ${known} here`, location: model.at("max_position_embeddings") },
        ],
      },
    );
  },
};
