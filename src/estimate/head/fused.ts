/** TRL's head that makes no logits (`add_fused_lm_head`) and what SFT's `compute_loss` does with it, as a piece of a step. */
import { BOOL, cast, FLOAT32, INT64 } from "../operators.ts";
import type { Piece } from "../program.ts";
import type { Tape, Value } from "../tape.ts";
import type { Chunks, HeadArguments } from "./arguments.ts";
import { lossPiece } from "./loss.ts";
import { foldBackward, foldForward, tilesOf } from "./tiles.ts";

/** `TOKEN_CHUNK_SIZE` of `trl.kernels.chunked_logprob` and `_CHUNKED_LOGPROB_CHUNK_SIZE` of `trl.trainer.utils`. */
const CHUNKS: Chunks = { tokens: 4096, columns: 32_768 };

/**
 * The hidden states, the norm's output, belong to the piece before. Gradients of the head's parameters are not in it, but the
 * sums in float32 of which they are made are, unless these are the gradients themselves. The last event of `backward` frees the
 * gradient of the hidden states, which the piece before allocates as its own.
 */
export function fusedHead(arguments_: HeadArguments, chunks = CHUNKS): Piece {
  return lossPiece(arguments_, (tape, hidden) => computeLoss(tape, arguments_, hidden, chunks));
}

/** `SFTTrainer.compute_loss`: beside the loss it counts the entropy and how often the likeliest token is right. */
function computeLoss(tape: Tape, arguments_: HeadArguments, hidden: Value, chunks: Chunks): Value {
  const [logProbabilities] = modelForward(tape, arguments_, hidden, chunks);
  const losses = negated(tape, "loss of each token", logProbabilities as Value);
  const sum = total(tape, losses);
  const loss = divided(tape, sum);
  tape.drop(sum);
  const scaled = times(tape, loss);
  tape.drop(loss);
  for (const bytes of [INT64, FLOAT32, INT64]) {
    const own = tape.make("sum of a metric on the rank", 1, bytes);
    tape.make("sum of a metric", 1, bytes);
    tape.drop(own);
  }
  tape.make("number of tokens", 1, INT64);
  return scaled;
}

/** Returns log-probabilities, and what else the output of the model holds. */
function modelForward(tape: Tape, arguments_: HeadArguments, hidden: Value, chunks: Chunks): readonly Value[] {
  const { rows, length, kernels } = arguments_;
  const scored = rows * (length - 1);
  return tape.call((): readonly Value[] => {
    const but = allButLast(tape, arguments_, hidden);
    const mask = tape.make("labels that are scored", scored, BOOL);
    const perToken =
      kernels === "gpu" ? picked(tape, arguments_, but, mask, chunks) : all(tape, arguments_, but, chunks);
    const sum = tape.make("sum of log-probabilities", 1, FLOAT32);
    const negative = tape.make("sum of losses", 1, FLOAT32);
    tape.drop(sum);
    const count = tape.make("number of labels", 1, INT64);
    const least = tape.make("number of labels, at least one", 1, INT64);
    tape.drop(count);
    const mean = tape.make("mean loss", 1, FLOAT32);
    tape.drop(negative);
    return [...perToken, mask, least, mean];
  });
}

/** Of each row all states but the last, which has nothing to predict. */
function allButLast(tape: Tape, { rows, length, H, size }: HeadArguments, hidden: Value): Value {
  return tape.apply({
    inputs: [hidden],
    run: () => tape.view(hidden, rows * (length - 1) * H),
    backward: () => [tape.make("gradient of the hidden states", rows * length * H, size)],
  });
}

/** On a GPU: only what is scored is projected, and comes back to its place. */
function picked(tape: Tape, arguments_: HeadArguments, hidden: Value, mask: Value, chunks: Chunks): readonly Value[] {
  const { rows, length, labels, H, size } = arguments_;
  const scored = rows * (length - 1);
  const states = tape.apply({
    inputs: [hidden],
    saves: [mask],
    run: () => tape.make("hidden states that are scored", labels * H, size),
    backward: () => {
      const zeros = tape.make("zeros for the hidden states' gradient", scored * H, size);
      const all = tape.make("gradient of the hidden states but the last", scored * H, size);
      tape.drop(zeros);
      return [all];
    },
  });
  const targets = tape.make("labels that are scored, as numbers", labels, INT64);
  const found = logProbabilities(tape, arguments_, states, targets, labels, chunks);
  tape.drop(states, targets);
  const [first, ...metrics] = found as [Value, ...Value[]];
  const placed = placeBack(tape, first, FLOAT32, mask, scored);
  // No gradient reaches the metrics.
  const others = tape.without(() =>
    [FLOAT32, BOOL].map((bytes, index) => placeBack(tape, metrics[index] as Value, bytes, mask, scored)),
  );
  tape.drop(...found);
  return [placed, ...others];
}

function placeBack(tape: Tape, value: Value, size: number, mask: Value, count: number): Value {
  const zeros = tape.make("zeros of all labels", count, size);
  const placed = tape.apply({
    inputs: [value],
    saves: [mask],
    run: () => tape.make("results of all labels", count, size),
    backward: () => [tape.make("gradient of the log-probabilities that are scored", value.count, FLOAT32)],
  });
  tape.drop(zeros);
  return placed;
}

/** On a CPU: all are projected, and what is not scored is set to zero. */
function all(tape: Tape, arguments_: HeadArguments, hidden: Value, chunks: Chunks): readonly Value[] {
  const { rows, length, H, size } = arguments_;
  const scored = rows * (length - 1);
  const states =
    rows === 1
      ? tape.view(hidden, scored * H)
      : tape.apply({
          inputs: [hidden],
          run: () => tape.make("hidden states but the last of each row", scored * H, size),
          backward: (gradients) => gradients,
        });
  const targets = tape.make("labels, none negative", scored, INT64);
  const found = logProbabilities(tape, arguments_, states, targets, scored, chunks);
  tape.drop(states, targets);
  const [masked, unscored, ...others] = found.flatMap((each, index) => {
    const mask = tape.make("labels that are not scored", scored, BOOL);
    const run = () => tape.make("results of all labels", scored, index === 2 ? BOOL : FLOAT32);
    const backward = () => [tape.make("gradient of the log-probabilities", scored, FLOAT32)];
    // No gradient reaches the metrics; the graph of the entropies keeps their mask while they are there.
    return [index === 0 ? tape.apply({ inputs: [each], saves: [mask], run, backward }) : run(), mask];
  });
  tape.drop(...found, unscored as Value, others.at(-1) as Value);
  return [masked as Value, ...others];
}

/** `ChunkedLogProbFunction`: returns log-probabilities, entropies and whether the likeliest token is the target. */
function logProbabilities(
  tape: Tape,
  arguments_: HeadArguments,
  states: Value,
  targets: Value,
  count: number,
  chunks: Chunks,
): readonly Value[] {
  const { H, V, size, kernels, bias } = arguments_;
  const tile = () => tape.make("tile of logits", Math.min(count, chunks.tokens) * chunks.columns, size);
  const tiles = tilesOf(count, V, chunks);
  const numbers = (name: string) => tape.make(name, count, FLOAT32);
  const outputs = tape.apply({
    inputs: [states],
    savesAfter: ([, entropy, , logZ]) => [states, targets, logZ as Value, entropy as Value],
    run: (): readonly Value[] => {
      for (let index = 0; index < 7; index++) numbers("statistics of the logits");
      tile();
      if (kernels === "eager") for (const each of tiles) foldForward(tape, arguments_, each);
      const logarithm = numbers("logarithm of the sums");
      const logZ = numbers("log Z");
      tape.drop(logarithm);
      const result = numbers("log-probabilities");
      const quotient = numbers("mean logits");
      const entropy = numbers("entropies");
      tape.drop(quotient);
      tape.make("targets at the maximum", count, BOOL);
      tape.make("targets before others at the maximum", count, BOOL);
      const isTop = tape.make("whether the target is the likeliest", count, BOOL);
      return [result, entropy, isTop, logZ];
    },
    backward: () => {
      const hiddenSums = tape.make("gradient of the hidden states in float32", count * H, FLOAT32);
      // In float32 it is the gradient of the weight itself.
      if (size !== FLOAT32) tape.make("gradient of the head's weight in float32", V * H, FLOAT32);
      if (bias && size !== FLOAT32) tape.make("gradient of the head's bias in float32", V, FLOAT32);
      tile();
      for (const each of tiles) {
        if (kernels === "eager") {
          foldBackward(tape, arguments_, each);
          added(tape, size, each.tokens * each.columns, each.columns * H);
          added(tape, size, each.tokens * each.columns, each.tokens * H);
        }
        if (bias) tape.drop(tape.make("sum of the tile", each.columns, FLOAT32));
      }
      return [cast(tape, "gradient of the hidden states that are scored", hiddenSums, size)];
    },
  });
  tape.drop(outputs[3] as Value);
  return outputs.slice(0, 3);
}

/** A product added in float32, whose factors are made float32 first: on a CPU. */
function added(tape: Tape, size: number, first: number, second: number): void {
  tape.call(() => {
    cast(tape, "first factor in float32", tape.given(first, size), FLOAT32);
    cast(tape, "second factor in float32", tape.given(second, size), FLOAT32);
  });
}

function negated(tape: Tape, name: string, x: Value): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.make(name, x.count, FLOAT32),
    backward: () => [tape.make(`gradient of ${name}`, x.count, FLOAT32)],
  });
}

/** The gradient is the same number for all, which takes no place. */
function total(tape: Tape, x: Value): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.make("sum of losses", 1, FLOAT32),
    backward: ([gradient]) => [gradient ? tape.view(gradient, x.count) : null],
  });
}

/** By the number of labels. */
function divided(tape: Tape, sum: Value): Value {
  const count = tape.make("number of labels of the step", 1, INT64);
  const result = tape.apply({
    inputs: [sum],
    saves: [count],
    run: () => tape.make("loss", 1, FLOAT32),
    backward: () => [tape.make("gradient of the sum of losses", 1, FLOAT32)],
  });
  tape.drop(count);
  return result;
}

/** By the number of ranks. */
function times(tape: Tape, loss: Value): Value {
  return tape.apply({
    inputs: [loss],
    run: () => tape.make("loss times ranks", 1, FLOAT32),
    backward: () => [tape.make("gradient of the loss", 1, FLOAT32)],
  });
}
