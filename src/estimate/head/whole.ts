/**
 * Whole logits, where SFT smooths labels: the model's own head and transformers' `LabelSmoother`, as a piece of a step. For
 * its metrics the trainer runs the model once more afterwards, without gradients and with its fused head; that is not in it.
 */
import { BOOL, FLOAT32, INT64 } from "../operators.ts";
import type { Piece } from "../program.ts";
import type { Tape, Value } from "../tape.ts";
import type { HeadArguments } from "./arguments.ts";
import { lossPiece } from "./loss.ts";

/** What belongs to whom is as in `fusedHead`. The gradient of the head's weight is made by one product, and not counted. */
export function wholeHead(arguments_: Omit<HeadArguments, "labels" | "kernels" | "softcap">): Piece {
  const { rows, length, V, size } = arguments_;
  return lossPiece(arguments_, (tape, hidden) => {
    const logits = tape.apply({
      inputs: [hidden],
      saves: [hidden],
      run: () => tape.make("logits", rows * length * V, size),
      backward: () => [tape.make("gradient of the hidden states", hidden.count, size)],
    });
    return smoothed(tape, { rows, length, V, size }, logits);
  });
}

function smoothed(
  tape: Tape,
  { rows, length, V, size }: { rows: number; length: number; V: number; size: number },
  logits: Value,
): Value {
  const count = rows * (length - 1);
  return tape.call(() => {
    const but = allButLast(tape, rows, length, V, logits);
    const shifted = rows === 1 ? [] : [tape.make("labels but the first of each row", count, INT64)];
    const probabilities = tape.apply({
      inputs: [but],
      savesAfter: (result) => result,
      run: () => tape.make("log-probabilities of all tokens", count * V, size),
      backward: () => [tape.make("gradient of the logits", count * V, size)],
    });
    const negative = same(tape, "negated log-probabilities of all tokens", probabilities);
    tape.drop(probabilities);
    const mask = tape.make("labels that are not scored", count, BOOL);
    const labels = tape.make("labels, none negative", count, INT64);
    tape.drop(...shifted);
    const picked = tape.apply({
      inputs: [negative],
      saves: [negative, labels],
      run: () => tape.make("losses of the labels", count, size),
      backward: () => {
        const zeros = tape.make("zeros for the gradient by label", count * V, size);
        const result = tape.make("gradient of the log-probabilities by label", count * V, size);
        tape.drop(zeros);
        return [result];
      },
    });
    const summed = tape.apply({
      inputs: [negative],
      run: () => tape.make("losses of all tokens", count, FLOAT32),
      // The same for every token of the vocabulary: a view, until another format asks for a copy.
      backward: ([gradient]) => [gradient ? tape.view(gradient, count * V) : null],
    });
    const parts = [picked, summed].map((each) => filled(tape, each, mask));
    tape.drop(tape.make("sum and mean of the labels' losses", 2, size), picked, summed, ...parts);
    const divisor = tape.make("number of losses", 1, INT64);
    return tape.apply({
      inputs: parts,
      saves: [divisor],
      run: () => tape.make("loss", 1, FLOAT32),
      backward: ([gradient]) =>
        parts.map(({ count: of, size: bytes }) => (gradient ? tape.view(gradient, of, bytes) : null)),
    });
  });
}

/** `losses.masked_fill_(mask, 0)`. */
function filled(tape: Tape, losses: Value, mask: Value): Value {
  return tape.apply({
    inputs: [losses],
    saves: [mask],
    run: () => tape.view(losses),
    backward: () => [tape.make("gradient of the losses", losses.count, losses.size)],
  });
}

function allButLast(tape: Tape, rows: number, length: number, V: number, logits: Value): Value {
  const but = tape.apply({
    inputs: [logits],
    run: () => tape.view(logits, rows * (length - 1) * V),
    backward: () => [tape.make("gradient of all logits", logits.count, logits.size)],
  });
  return rows === 1 ? but : same(tape, "logits but the last of each row", but, true);
}

function same(tape: Tape, name: string, x: Value, isCopy = false): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.make(name, x.count, x.size),
    backward: ([gradient]) => [isCopy ? (gradient ?? null) : tape.make(`gradient of ${name}`, x.count, x.size)],
  });
}
