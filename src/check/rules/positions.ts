import type { Examples } from "../../diagnostics/case.ts";
import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../rule.ts";
import type { CommonFacts } from "../rules.ts";

/** `max_length` against the positions that the model knows; its published value already counts rope scaling in. */
export const positions: Rule<CommonFacts> = {
  name: "positions",
  *check({ plan, model }) {
    const { max_length } = plan.sft;
    const known = model.sizes.max_position_embeddings;
    if (typeof max_length !== "number" || known === undefined || max_length <= known) return;
    yield report(
      "PLN2014",
      plan.written.at(["sft", "max_length"]),
      { max_length, positions: known },
      {
        related: [
          { message: `max_position_embeddings is ${known} here`, location: model.at("max_position_embeddings") },
        ],
      },
    );
  },
};

export const examples: Examples = {
  PLN2014: { beside: { sft: { packing: true, packing_strategy: "wrapped", per_device_train_batch_size: 1 } } },
};
