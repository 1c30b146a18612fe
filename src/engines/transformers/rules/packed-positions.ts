import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { trainerValue } from "../../../trainers/trl/options/option.ts";
import { optionAt } from "../../../trainers/trl/options/written.ts";
import { packedBy } from "../attention/documents.ts";

type Tree = Readonly<Record<string, unknown>>;

const keys = ["rope_parameters", "rope_scaling"];

/**
 * Rotary frequencies that follow from the largest position of a row: a document longer than the model was made for changes
 * them for every document beside it.
 */
export const packedPositions: Rule<ModelFacts> = {
  name: "packed-positions",
  *check({ plan, model }) {
    const option = packedBy(plan);
    const config = asTree(model.config.value);
    const key = keys.find((name) => isTree(config[name]));
    if (option === undefined || key === undefined) return;
    const rope = asTree(config[key]);
    const rope_type = rope["rope_type"] ?? rope["type"];
    if (rope_type !== "dynamic" && rope_type !== "longrope") return;
    const made = rope_type === "longrope" ? (rope[original] ?? config[original]) : undefined;
    const limit = made ?? config["max_position_embeddings"];
    if (typeof limit !== "number") return;
    const longest = trainerValue(plan, "max_length");
    if (typeof longest === "number" && longest <= limit) return;
    const values = {
      option,
      rope_type,
      limit,
      longest: longest === null ? "of any length" : `of up to ${longest} tokens`,
    };
    yield report("PLN4051", optionAt(plan, option), values, {
      help: `write max_length: ${limit} or less with packing, or leave rows to one document each: packing: false`,
      related: [{ message: "the rotary positions", location: model.at([key]) }],
    });
  },
};

const original = "original_max_position_embeddings";

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asTree(value: unknown): Tree {
  return isTree(value) ? value : {};
}

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
