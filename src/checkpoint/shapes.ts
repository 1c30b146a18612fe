import { type ExpertSizes, expertsIn } from "../model/storage.ts";
import type { LayoutName } from "../plan/types.ts";

/** Numbers that share a scale in mxfp4, two to a byte. */
const block = 32;

/**
 * The shape in which a layout stores one of its tensors; undefined where planc does not know it.
 *
 * @param memory The last part of the name that the parameter has in memory: "gate_up_proj".
 * @param part Which of the tensors that the layout stores it as.
 */
export function shapeOf(
  layout: LayoutName,
  memory: string,
  part: number,
  sizes: ExpertSizes,
): readonly number[] | undefined {
  const { width, hidden } = sizes;
  const experts = expertsIn(memory, sizes);
  const isDown = memory.startsWith("down_proj");
  if (memory.endsWith("_bias")) return isDown ? [experts, hidden] : [experts, 2 * width];
  if (!isDown && memory !== "gate_up_proj") return undefined;
  switch (layout) {
    case "per_expert":
      return isDown ? [hidden, width] : [width, hidden];
    case "fused":
      return isDown ? [experts, hidden, width] : [experts, width, hidden];
    case "gate_up":
      return isDown ? [experts, hidden, width] : [experts, 2 * width, hidden];
    case "gate_up_transposed":
    case "gate_up_interleaved":
      return isDown ? [experts, width, hidden] : [experts, hidden, 2 * width];
    case "mxfp4": {
      const [rows, columns] = isDown ? [hidden, width] : [2 * width, hidden];
      const scales = [experts, rows, Math.ceil(columns / block)];
      return part === 0 ? [...scales, block / 2] : scales;
    }
  }
}

export function shapeIsEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, dim) => size === b[dim]);
}
