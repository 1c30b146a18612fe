import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { isMapping } from "../../../text/values.ts";
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
      help: `write max_length: ${limit} or less with packing, or leave rows to one document each: ${option}: false`,
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

export const cases: readonly Case[] = [
  {
    name: "documents longer than the model was made for",
    config: {
      with: {
        head_dim: 2,
        rope_scaling: {
          rope_type: "longrope",
          original_max_position_embeddings: 2048,
          long_factor: [2],
          short_factor: [1],
        },
      },
    },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
#@ [35:39) PLN4051 packing true with documents of up to 4096 tokens: rope_type longrope changes the positions of a whole row when one of its documents is longer than 2048 tokens
#@   help: write max_length: 2048 or less with packing, or leave rows to one document each: packing: false
#@   related config.json 28:[03:17) | «"rope_scaling"»: { | the rotary positions
`,
  },
  {
    name: "documents of any length, and the limit that is of the whole model",
    config: { with: { rope_scaling: { rope_type: "dynamic", factor: 4 }, max_position_embeddings: 2048 } },
    plan: `
sft:
  max_length: null
  padding_free: true
#@ [17:21) PLN4051 padding_free true with documents of any length: rope_type dynamic changes the positions of a whole row when one of its documents is longer than 2048 tokens
#@   help: write max_length: 2048 or less with packing, or leave rows to one document each: padding_free: false
#@   related config.json 28:[03:17) | «"rope_scaling"»: { | the rotary positions
  per_device_train_batch_size: 1
`,
  },
  {
    name: "the names that older configs have for it, and the limit beside them",
    config: {
      with: {
        head_dim: 2,
        rope_scaling: undefined,
        rope_parameters: { type: "longrope", long_factor: [2], short_factor: [1] },
        original_max_position_embeddings: 1024,
      },
    },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
#@ [35:39) PLN4051 packing true with documents of up to 4096 tokens: rope_type longrope changes the positions of a whole row when one of its documents is longer than 1024 tokens
#@   help: write max_length: 1024 or less with packing, or leave rows to one document each: packing: false
#@   related config.json 37:[03:20) | «"rope_parameters"»: { | the rotary positions
`,
  },
  {
    name: "documents that packing cuts short enough for padding_free",
    shows: "nothing",
    config: { with: { rope_scaling: { rope_type: "dynamic", factor: 4 }, max_position_embeddings: 2048 } },
    plan: `
sft: { max_length: 2048, packing: true, padding_free: true, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "documents that are short enough",
    shows: "nothing",
    config: {
      with: {
        head_dim: 2,
        rope_scaling: {
          rope_type: "longrope",
          original_max_position_embeddings: 2048,
          long_factor: [2],
          short_factor: [1],
        },
      },
    },
    plan: `
sft: { max_length: 2048, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }
`,
  },
];

export const examples: Examples = {
  PLN4051: {
    config: {
      with: {
        head_dim: 2,
        rope_scaling: {
          rope_type: "longrope",
          original_max_position_embeddings: 4096,
          long_factor: [2],
          short_factor: [1],
        },
      },
    },
  },
};
