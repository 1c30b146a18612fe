/** Tokens that the ranks of a tensor-parallel group share: each brings its part of them to experts. */
import type { Tape, Value } from "../tape.ts";

/** A rank's own part, a copy; its gradient is gathered. */
export function ownShare(tape: Tape, whole: Value, shares: number): Value {
  if (shares === 1) return tape.view(whole);
  return tape.apply({
    inputs: [whole],
    run: () => tape.make("own part of the group's tokens", whole.count / shares, whole.size),
    backward: () => [tape.make("gathered gradient of the group's tokens", whole.count, whole.size)],
  });
}

/** The outputs of all parts; of their gradient each rank takes a copy of its own. */
export function gathered(tape: Tape, own: Value, shares: number): Value {
  if (shares === 1) return tape.view(own);
  return tape.apply({
    inputs: [own],
    run: () => tape.make("output of the experts for the group's tokens", own.count * shares, own.size),
    backward: () => [tape.make("own part of the gradient of the output", own.count, own.size)],
  });
}
