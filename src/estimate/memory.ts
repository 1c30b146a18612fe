import type { Parameter } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import type { AttentionMemory, Memory } from "./estimate.ts";

/** A parameter and its shape on the rank that holds the most of it. */
interface Shard {
  readonly parameter: Parameter;
  readonly local_shape: readonly number[];
  readonly in_float32?: true;
}

/** What is known of a rank's memory without its operations. */
export type States = Pick<Memory, "parameters" | "gradients" | "optimizer" | "logits" | "attention">;

/** Bytes of a number, by the name of its format. */
export const bytesOf = { float32: 4, bfloat16: 2 } as const;

/** Bytes that parameter, gradient and the two states of AdamW take for one parameter. */
export function bytesPerParameter(parameters: Plan["precision"]["parameters"]): number {
  return 4 * bytesOf[parameters];
}

/**
 * Bytes that a rank holds for the whole run. Gradients and optimizer states stand in each parameter's format: FSDP2
 * hands the optimizer shards in the format of the parameter, whatever it summed them in.
 *
 * @param optimizerStates numbers that the optimizer keeps for each number of a parameter.
 * @param frozen numbers of the rank's share of what is not trained: the parts beside the language model.
 * @param adapters what is trained in place of the shards, which then are held in the compute format; undefined where they are
 *   trained themselves.
 */
export function estimateMemory(
  precision: Plan["precision"],
  optimizerStates: number,
  shards: readonly Shard[],
  logits: { readonly vocab_size: number; readonly tokens: number | null },
  attention: AttentionMemory | null,
  frozen: number,
  adapters?: readonly Shard[],
): States {
  const parameters = adapters === undefined ? precision.parameters : precision.compute;
  const held = heldBytes(shards, parameters);
  const trained = adapters === undefined ? held : heldBytes(adapters, precision.parameters);
  return {
    parameters: held + frozen * bytesOf[parameters] + (adapters === undefined ? 0 : trained),
    gradients: trained,
    optimizer: trained * optimizerStates,
    logits: logits.tokens === null ? null : logits.tokens * logits.vocab_size * bytesOf[precision.compute],
    attention,
  };
}

/**
 * Bytes of a frozen copy of the model. Where FSDP casts the trained one's weights the copy is held as they are computed with.
 *
 * @param frozen as `estimateMemory` takes it.
 */
export function referenceBytes(
  { parameters, compute }: Plan["precision"],
  shards: readonly Shard[],
  frozen: number,
  isCast: boolean,
): number {
  const format = isCast ? compute : parameters;
  return heldBytes(shards, format) + frozen * bytesOf[format];
}

/** Bytes of the numbers that a rank holds of shards. */
export function heldBytes(shards: readonly Shard[], format: Plan["precision"]["parameters"]): number {
  let held = 0;
  for (const { parameter, local_shape, in_float32 } of shards) {
    if (parameter.buffer || parameter.tied !== undefined) continue;
    const elements = local_shape.reduce((product, size) => product * size, 1) * (parameter.layers?.length ?? 1);
    held += elements * bytesOf[in_float32 ? "float32" : format];
  }
  return held;
}

/** What stays on the GPU from the first step to the last. */
export function stateBytes(memory: Pick<Memory, "parameters" | "gradients" | "optimizer" | "reference">): number {
  return memory.parameters + memory.gradients + memory.optimizer + memory.reference;
}

/** Scores and masks of attention at their peak. */
export function attentionBytes({ attention }: Pick<Memory, "attention">): number {
  return attention === null ? 0 : attention.layer + attention.kept + attention.masks;
}

/** What a rank takes of its GPU at the peak of a step; null where that is not known. */
export function usedBytes({ peak, outside }: Pick<Memory, "peak" | "outside">): number | null {
  return peak === null ? null : peak.reserved + outside;
}

/** The same where it is known, else what stays on the GPU and attention: the least that a step takes. */
export function neededBytes(memory: Memory): number {
  return usedBytes(memory) ?? stepBytes(memory);
}

/**
 * The least that a step takes: what stays, and attention. Gradients come as what the layers keep goes, so the larger of the
 * two counts.
 */
export function stepBytes(memory: Memory): number {
  const { parameters, gradients, optimizer, reference, attention } = memory;
  const { layer, kept, masks } = attention ?? { layer: 0, kept: 0, masks: 0 };
  return parameters + optimizer + reference + masks + layer + Math.max(gradients, kept);
}

/** Beyond this share of a GPU's memory, states and attention leave too little for the rest of a step. */
export const crowded = 0.9;

/** Whether it is the scores and masks of attention that leave too little of a GPU. */
export function attentionCrowds(memory: Memory, ofGpu: number): boolean {
  return attentionBytes(memory) > 0 && stateBytes(memory) <= crowded * ofGpu && stepBytes(memory) > crowded * ofGpu;
}
