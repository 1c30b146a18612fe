import type { Plan } from "../../../../plan/plan.ts";

export type Precision = Plan["precision"];

/**
 * What the engine and the trainer are told for a combination of formats. transformers 5.23 has one switch for mixed
 * precision (`fsdp_mixed_precision`: cast to bfloat16 for computing, sum gradients in float32); without it everything
 * happens in the format that the weights are loaded in.
 */
export interface PrecisionSwitches {
  /** `dtype` of `from_pretrained`. */
  readonly dtype: "float32" | "bfloat16";
  readonly fsdp_mixed_precision: boolean;
}

/** Undefined: the release has no such combination. */
export function precisionSwitches({ parameters, compute, reduce }: Precision): PrecisionSwitches | undefined {
  if (compute === "float32") {
    return parameters === "float32" && reduce === "float32"
      ? { dtype: "float32", fsdp_mixed_precision: false }
      : undefined;
  }
  if (reduce === "float32") return { dtype: parameters, fsdp_mixed_precision: true };
  return parameters === "bfloat16" ? { dtype: "bfloat16", fsdp_mixed_precision: false } : undefined;
}

/** Bytes that parameter, gradient and the two states of AdamW take for one parameter. */
export function bytesPerParameter(parameters: Precision["parameters"]): number {
  return 4 * (parameters === "float32" ? 4 : 2);
}
