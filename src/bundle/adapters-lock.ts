import { heldBytes } from "../estimate/memory.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { type TensorLock, tensorLock } from "./tensor-lock.ts";

/** The adapters of a plan with `lora`. */
export interface AdaptersLock {
  readonly trainable_parameters: number;
  /** Of the parameters on the rank that holds the most. */
  readonly bytes_on_a_rank: number;
  /** One row for each matrix; the experts' by their shapes in memory, `[E, r, in]` and `[E, out, r]`. */
  readonly tensors: readonly TensorLock[];
}

export function adaptersLock({
  plan,
  adapter,
  adapters,
}: Pick<MeshFacts, "plan" | "adapter" | "adapters">): AdaptersLock | null {
  if (adapter === undefined) return null;
  const numbers = adapters.map(({ parameter: { shape, layers } }) =>
    shape.reduce((product, size) => product * size, layers?.length ?? 1),
  );
  return {
    trainable_parameters: numbers.reduce((sum, each) => sum + each, 0),
    bytes_on_a_rank: heldBytes(adapters, plan.precision.parameters),
    tensors: adapters.map(tensorLock),
  };
}
