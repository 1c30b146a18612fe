import type { Precision, PrecisionSwitches } from "../release.ts";

/**
 * One switch for mixed precision (`fsdp_mixed_precision`: cast to bfloat16 for computing, sum gradients in float32);
 * without it everything happens in the format that the weights are loaded in.
 */
export function precisionSwitches({ parameters, compute, reduce }: Precision): PrecisionSwitches | undefined {
  if (compute === "float32") {
    return parameters === "float32" && reduce === "float32"
      ? { dtype: "float32", fsdp_mixed_precision: false }
      : undefined;
  }
  if (reduce === "float32") return { dtype: parameters, fsdp_mixed_precision: true };
  return parameters === "bfloat16" ? { dtype: "bfloat16", fsdp_mixed_precision: false } : undefined;
}
