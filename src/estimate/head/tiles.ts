/**
 * Logits in tiles, as TRL folds them into statistics and turns them into gradients (`trl.kernels.chunked_logprob`): on a GPU
 * in place, by Triton, and on a CPU by torch, which is `_forward_tile` and `_backward_tile`.
 */
import { BOOL, cast, FLOAT32, INT64 } from "../operators.ts";
import type { Tape } from "../tape.ts";
import type { Chunks, HeadArguments } from "./arguments.ts";

interface Tile {
  readonly tokens: number;
  readonly columns: number;
}

/** The tiles of each size, once: what one leaves allocated is what all leave. */
export function tilesOf(tokens: number, columns: number, chunks: Chunks): readonly Tile[] {
  return lengths(tokens, chunks.tokens).flatMap((height) =>
    lengths(columns, chunks.columns).map((width) => ({ tokens: height, columns: width })),
  );
}

/** Of the pieces of `total`: that of whole ones and that of the last. */
function lengths(total: number, piece: number): readonly number[] {
  return [...(total >= piece ? [piece] : []), ...(total % piece > 0 ? [total % piece] : [])];
}

export function foldForward(tape: Tape, { size, softcap }: HeadArguments, { tokens, columns }: Tile): void {
  const count = tokens * columns;
  const wide = (name: string) => tape.make(name, count, FLOAT32);
  const short = (name: string) => tape.make(name, tokens, FLOAT32);
  tape.call(() => {
    transformed(tape, size, softcap, count);
    tape.make("targets within the tile", tokens, INT64);
    const numbers = tape.make("numbers of the columns", columns, INT64);
    tape.make("columns before the target", count, BOOL);
    tape.drop(numbers);
    const after = tape.make("columns from the target on", count, BOOL);
    const masked = wide("logits before the target");
    tape.drop(after);
    const most = short("largest logit before the target");
    tape.drop(masked);
    const largest = short("largest logit before the target of all tiles");
    tape.drop(most, largest);
    const maximum = short("largest logit");
    short("largest logit of all tiles");
    tape.drop(maximum);
    const difference = short("what the largest logit grew by");
    short("rescaling");
    tape.drop(difference);
    const shifted = wide("logits below the largest");
    wide("exponentials of the logits");
    tape.drop(shifted);
    tape.drop(short("sums of exponentials"));
    const products = wide("logits times exponentials");
    tape.drop(short("sums of logits times exponentials"), products);
    const bounds = [tape.make("targets at or behind the first column", tokens, BOOL)];
    bounds.push(tape.make("targets before the last column", tokens, BOOL));
    tape.make("whether the target is in the tile", tokens, BOOL);
    tape.drop(...bounds);
    const clamped = tape.make("targets within bounds", tokens, INT64);
    short("logits of the targets");
    tape.drop(clamped);
    short("logits of the targets so far");
  });
}

export function foldBackward(tape: Tape, { size, softcap }: HeadArguments, { tokens, columns }: Tile): void {
  const count = tokens * columns;
  const wide = (name: string) => tape.make(name, count, FLOAT32);
  tape.call(() => {
    const logits = cast(tape, "logits in float32", tape.given(count, size), FLOAT32);
    wide("scaled logits");
    tape.drop(logits);
    if (softcap) {
      const shrunk = wide("logits by their cap");
      wide("tanh of the logits");
      tape.drop(shrunk);
      const capped = wide("capped logits");
      wide("logits by the temperature");
      tape.drop(capped);
    } else {
      wide("logits by the temperature");
    }
    wide("log-probabilities");
    wide("probabilities");
    const zeros = wide("zeros");
    const numbers = tape.make("numbers of the columns", columns, INT64);
    tape.make("whether a column is the target", count, BOOL);
    tape.drop(numbers);
    const targets = wide("targets as numbers");
    const difference = wide("targets less probabilities");
    tape.drop(targets);
    const product = wide("gradient of the logits");
    tape.drop(difference, product);
    let gradient = wide("gradient by the temperature");
    tape.drop(zeros);
    if (softcap) {
      const squares = wide("squares of tanh");
      const slope = wide("slope of the cap");
      tape.drop(squares);
      const through = wide("gradient through the cap");
      tape.drop(slope, gradient);
      gradient = through;
    }
    wide("gradient of the tile");
  });
}

/** Scaled, capped and divided by the temperature. */
function transformed(tape: Tape, size: number, softcap: boolean, count: number): void {
  const wide = (name: string) => tape.make(name, count, FLOAT32);
  const logits = cast(tape, "logits in float32", tape.given(count, size), FLOAT32);
  let scaled = wide("scaled logits");
  tape.drop(logits);
  if (softcap) {
    const shrunk = wide("logits by their cap");
    const bent = wide("tanh of the logits");
    tape.drop(shrunk);
    const capped = wide("capped logits");
    tape.drop(bent, scaled);
    scaled = capped;
  }
  wide("logits by the temperature");
  tape.drop(scaled);
}
