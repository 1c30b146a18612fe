import type { Case, Examples } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { optionAt } from "../../plan/task.ts";
import type { BoundFacts } from "../../stack/facts.ts";

export const PLN2014 = diagnostic("PLN2014", {
  severity: "warning",
  messages: { default: text`max_length ${"max_length"} is more than max_position_embeddings ${"positions"}` },
  help: "lower max_length, or extend rope_scaling in the config.json",
});

/** `max_length` against the positions that the model knows; its published value already counts rope scaling in. */
export const positions: Rule<BoundFacts> = {
  name: "positions",
  *check({ plan, model }) {
    const { max_length } = plan.options;
    const known = model.sizes.max_position_embeddings;
    if (typeof max_length !== "number" || known === undefined || max_length <= known) return;
    yield PLN2014(
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

export const pages = {
  PLN2014: {
    title: "sequences longer than the model was made for",
    docs: `Positions beyond the ones that the model was trained with give poor attention. Nothing in the stack stops it.

Wrong:

\`\`\`yaml
sft:
  max_length: 65536      # max_position_embeddings is 40960
\`\`\`

Right:

\`\`\`yaml
sft:
  max_length: 32768
  per_device_train_batch_size: 1
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN2014: { wrong: { beside: { sft: { per_device_train_batch_size: 1 } } } },
};

export const cases: readonly Case[] = [
  {
    name: "a position too many",
    config: { with: { max_position_embeddings: 4095, num_hidden_layers: 4 } },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@ [20:24) PLN2014 warning: max_length 4096 is more than max_position_embeddings 4095
#@   help: lower max_length, or extend rope_scaling in the config.json
#@   related config.json 15:[30:34) | "max_position_embeddings": «4095», | max_position_embeddings is 4095 here
`,
  },
  {
    name: "as many as the model knows",
    shows: "nothing",
    config: { with: { max_position_embeddings: 4096, num_hidden_layers: 4 } },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
];
