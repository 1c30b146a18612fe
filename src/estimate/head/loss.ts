import { FLOAT32 } from "../operators.ts";
import type { Piece } from "../program.ts";
import { Tape, type Value } from "../tape.ts";
import type { HeadArguments } from "./arguments.ts";

/** A loss of the hidden states, forward and backward, as a piece of a step. */
export function lossPiece(
  { rows, length, H, size }: Pick<HeadArguments, "rows" | "length" | "H" | "size">,
  compute: (tape: Tape, hidden: Value) => Value,
): Piece {
  const tape = new Tape();
  const hidden = tape.leaf(tape.given(rows * length * H, size));
  const loss = tape.call(() => compute(tape, hidden));
  const [, , forward] = tape.take();
  const [gradient] = tape.gradients(loss, tape.given(1, FLOAT32), [hidden]);
  tape.drop(loss);
  if (gradient) tape.drop(gradient);
  const [, , backward] = tape.take();
  return { tensors: tape.made, forward, backward };
}
