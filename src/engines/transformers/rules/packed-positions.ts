import type { Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { isMapping } from "../../../text/mapping.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN4051 = diagnostic("PLN4051", {
  severity: "error",
  messages: {
    default: text`${"option"} true with documents ${"longest"}: rope_type ${"rope_type"} changes the positions of a whole row when one of its documents is longer than ${"limit"} tokens`,
  },
});

type Tree = Readonly<Record<string, unknown>>;

const keys = ["rope_parameters", "rope_scaling"];

/**
 * Rotary frequencies that follow from the largest position of a row: a document longer than the model was made for changes
 * them for every document beside it.
 */
export const packedPositions: Rule<ModelFacts> = {
  name: "packed-positions",
  *check({ plan, model, rows }) {
    const option = rows.packed_by;
    const config = asTree(model.config.value);
    const key = keys.find((name) => isMapping(config[name]));
    if (option === undefined || key === undefined) return;
    const rope = asTree(config[key]);
    const rope_type = rope["rope_type"] ?? rope["type"];
    if (rope_type !== "dynamic" && rope_type !== "longrope") return;
    const made = rope_type === "longrope" ? (rope[original] ?? config[original]) : undefined;
    const limit = made ?? config["max_position_embeddings"];
    if (typeof limit !== "number") return;
    const longest = rows.max_length;
    if (longest !== null && longest <= limit) return;
    const values = {
      option,
      rope_type,
      limit,
      longest: longest === null ? "of any length" : `of up to ${longest} tokens`,
    };
    yield PLN4051(optionAt(plan, option), values, {
      help: `write max_length: ${limit} or less with packing, or leave rows to one document each: packing: false`,
      related: [{ message: "the rotary positions", location: model.at([key]) }],
    });
  },
};

const original = "original_max_position_embeddings";

function asTree(value: unknown): Tree {
  return isMapping(value) ? value : {};
}

export const pages = {
  PLN4051: {
    title: "rotary positions that depend on the longest document of a row",
    docs: `With rope_type dynamic and longrope the rotary frequencies follow from the largest position of a batch. A document
that is longer than the model was made for gives other frequencies to the short documents of its row, which alone would have
their own.

Wrong, where \`original_max_position_embeddings\` is 4096:

\`\`\`yaml
sft: { packing: true, max_length: 8192 }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, max_length: 4096 }
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN4051: {
    config: {
      with: {
        rope_scaling: {
          rope_type: "longrope",
          original_max_position_embeddings: 4096,
          long_factor: [2],
          short_factor: [1],
        },
      },
    },
    beside: { sft: { per_device_train_batch_size: 1 } },
  },
};
