/** The experts of a layer with their dispatch, as a piece of a step. */
import { cast } from "../operators.ts";
import { type Event, outputGradient, type Piece } from "../program.ts";
import { Tape, type Value } from "../tape.ts";
import type { ExpertsArguments } from "./arguments.ts";
import { type Passes, planc, type Routed } from "./planc.ts";
import { allReduce, allToAll, local } from "./stock.ts";

/** `before` and `again` are empty unless the layer is computed again. The order is before, again, backward. */
export interface ExpertsPiece extends Piece {
  /** What of the backward pass runs before the layer is computed again, where the experts are the last to save tensors. */
  readonly before: readonly Event[];
  /** The second pass of the experts, which ends that of the layer where they are the last to save tensors. */
  readonly again: readonly Event[];
}

/**
 * Their tokens and routing weights belong to the layer. The output is freed by the last event of `forward` and of a whole
 * `again`, and the gradients of the tokens and of the routing weights by the last ones of `backward`: the layer allocates them
 * anew, as its own, at the moment that follows. Weights and their gradients are not in it.
 */
export function expertsPiece(arguments_: ExpertsArguments): ExpertsPiece {
  const { sizes, size, weightSize, recomputes, shares } = arguments_;
  const { T, K, H } = sizes;
  const isAgain = recomputes === "layer" || recomputes === "layer, experts last";
  const tape = new Tape();
  const tokens = tape.leaf(tape.given(shares * T * H, size));
  const weights = tape.leaf(tape.given(shares * T * K, weightSize));
  const passes: Passes = { remembers: isAgain, known: null };
  const run = () => cast(tape, "output of the experts", experts(tape, arguments_, { tokens, weights }, passes), size);
  const isRegion = isAgain || (recomputes === "products" && arguments_.dispatcher !== "planc");
  const { output, again } = isRegion ? tape.checkpoint([], run) : { output: tape.call(run), again: () => undefined };
  tape.drop(output);
  const [, , forward] = tape.take();
  if (recomputes === "layer") again(true);
  const gradients = tape.gradients(output, tape.make(outputGradient, shares * T * H, size), [tokens, weights]);
  tape.drop(...gradients.filter((each): each is Value => each !== null));
  const [before, second, after] = tape.take();
  return isAgain
    ? { tensors: tape.made, forward, before, again: second, backward: after }
    : { tensors: tape.made, forward, before: [], again: [], backward: [...before, ...second, ...after] };
}

function experts(tape: Tape, arguments_: ExpertsArguments, routed: Routed, passes: Passes): Value {
  switch (arguments_.dispatcher) {
    case "planc":
      return planc(tape, arguments_, routed, passes);
    case "all_to_all":
      return allToAll(tape, arguments_, routed);
    case "all_reduce":
      return allReduce(tape, arguments_, routed);
    case "none":
      return local(tape, arguments_, routed);
  }
}
