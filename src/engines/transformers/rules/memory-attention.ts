import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import { attentionBytes, stateBytes, stepBytes } from "../../../estimate/memory.ts";
import type { MeshFacts } from "../../../stack/facts.ts";
import { bytes, count } from "../../../text/words.ts";
import { optionAt } from "../../../trainers/trl/options/written.ts";
import { acceptedAttention, attentionOf, capabilityOf, kindOf } from "../attention/implementation.ts";
import { attentionSize } from "../attention/size.ts";

/** Beyond this share of the GPU, states and attention leave too little for a step. */
const crowded = 0.9;

/** Scores and masks of attention, which grow with the square of the length, against what the states leave of the GPU. */
export const memoryAttention: Rule<MeshFacts> = {
  name: "memory-attention",
  *check(facts) {
    const { plan, release, model, cluster, memory, placed } = facts;
    const { gpu } = cluster;
    const states = stateBytes(memory);
    const needed = stepBytes(memory);
    // Of states that are too large by themselves another rule speaks.
    if (memory.attention === null || attentionBytes(memory) === 0 || states > gpu.memory) return;
    if (needed <= crowded * gpu.memory || states > crowded * gpu.memory) return;
    const { rows, length, heads } = attentionSize(facts, placed);
    const implementation = attentionOf(plan, release, model.model_type);
    const isEager = implementation === "eager";
    const shape = isEager ? `${rows} x ${heads} x ${length} x ${length}` : `${rows} x ${length} x ${length}`;
    const values = {
      implementation,
      shape: isEager ? `scores of ${shape}` : `masks of ${shape}`,
      attention: bytes(attentionBytes(memory)),
      states: bytes(states),
      gpu: gpu.name,
      memory: bytes(gpu.memory),
    };
    const isWritten = plan.written.has("model.attn_implementation");
    const location = isWritten ? plan.written.at("model.attn_implementation") : optionAt(plan, "max_length");
    // The figure grows with the square, so the length that would fit is known.
    const room = gpu.memory - (needed - attentionBytes(memory));
    const fits = Math.floor((length ?? 0) * Math.sqrt(Math.max(0, room) / attentionBytes(memory)));
    const help = `${insteadOf(facts)}lower max_length: about ${count(fits)} tokens a sequence would fit`;
    const code = needed > gpu.memory ? "PLN5040" : "PLN5041";
    yield report(code, location, values, { help });
  },
};

/** An implementation that keeps no scores and runs on the GPU, as the start of a help text; empty where there is none. */
function insteadOf({ release, model, cluster, plan }: MeshFacts): string {
  const { capability = 9 } = cluster.gpu;
  const able = acceptedAttention(release, model.model_type).find((name) => {
    if (kindOf(name) !== "flash_attention" || plan.precision.compute === "float32") return false;
    const range = capabilityOf(name, release);
    return range === undefined || (Math.floor(capability) >= range.least && Math.floor(capability) <= range.most);
  });
  return able === undefined ? "" : `write model.attn_implementation: ${able}, which keeps none, or `;
}

export const examples: Examples = {
  PLN5040: { config: "gpt-oss-20b" },
  PLN5041: { config: "gpt-oss-20b", beside: { sft: { per_device_train_batch_size: 1 } } },
};
