import type { LayoutName } from "../plan/types.ts";

/**
 * Keys that a layout's consumer reads and the engine's own config.json may lack. The fused layout is read by forks of
 * transformers 4.57, whose class of `qwen3_moe` knows `num_experts` alone, and takes 128 where it is not there; 5 saves
 * `num_local_experts`.
 */
export function keysFor(
  model_type: string,
  to: LayoutName,
  config: Readonly<Record<string, unknown>>,
  num_experts: number,
): Readonly<Record<string, number>> {
  const isLacking = to === "fused" && model_type === "qwen3_moe" && config["num_experts"] === undefined;
  return isLacking ? { num_experts } : {};
}
