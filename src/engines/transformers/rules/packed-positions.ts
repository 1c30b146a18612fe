import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { isMapping } from "../../../text/mapping.ts";
import type { ModelFacts } from "../facts.ts";

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
    yield report("PLN4051", optionAt(plan, option), values, {
      help: `write max_length: ${limit} or less with packing, or leave rows to one document each: packing: false`,
      related: [{ message: "the rotary positions", location: model.at([key]) }],
    });
  },
};

const original = "original_max_position_embeddings";

function asTree(value: unknown): Tree {
  return isMapping(value) ? value : {};
}
