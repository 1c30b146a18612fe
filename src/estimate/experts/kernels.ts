/** The runtime's kernels on rows (`planc_runtime.kernels`): plain torch where eager; Triton's write their result, nothing else. */
import { cast, FLOAT32 } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";

/** `eager` is plain torch, as on a CPU, `gpu` what runs on a GPU. */
export type Kernels = "eager" | "gpu";

/** Rows that lie one below the other; `second` is another tensor of such rows. */
export interface Sources {
  readonly first: number;
  readonly second?: number;
  readonly columns: number;
  readonly size: number;
}

/** Picks rows. */
export function gatherRows(tape: Tape, kernels: Kernels, name: string, picked: number, sources: Sources): Value {
  const { first, second, columns, size } = sources;
  return tape.call(() => {
    if (kernels === "eager" && second !== undefined)
      tape.make("both sources of rows", (first + second) * columns, size);
    return tape.make(name, picked * columns, size);
  });
}

/** Sums rows, `slots` of them for each of `summed`, in float32. */
export function sumRows(
  tape: Tape,
  kernels: Kernels,
  name: string,
  { summed, slots }: { readonly summed: number; readonly slots: number },
  { first, second = 0, columns, size }: Sources,
): Value {
  const count = summed * columns;
  if (kernels === "gpu") return tape.make(name, count, size);
  return tape.call(() => {
    const zeros = tape.make("zeros", columns, size);
    tape.make("sources of rows and zeros", (first + second + 1) * columns, size);
    tape.drop(zeros);
    const total = tape.make("sum of rows", count, FLOAT32);
    let before: Value | null = null;
    for (let slot = 0; slot < slots; slot++) {
      const row = tape.make("rows of a slot", count, size);
      const picked = cast(tape, "rows of a slot in float32", row, FLOAT32);
      tape.drop(row);
      if (before !== null) tape.drop(before);
      before = picked;
    }
    return cast(tape, name, total, size);
  });
}
