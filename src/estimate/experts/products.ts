/** The local experts on the assignments in their order: `planc_runtime.dispatch.experts` and `grouped`. */
import { cast, FLOAT32, INT32, mean, multiply, power, shift, square } from "../operators.ts";
import { rowsGradient } from "../program.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments, ExpertsModule } from "./arguments.ts";
import { applyGate } from "./gates.ts";
import { gateRows } from "./gating.ts";

/** What the experts compute on. */
export interface Assignments {
  readonly rows: Value;
  readonly weights: Value;
  readonly experts: Value;
  readonly offsets: Value;
}

/** The weighted output of each assignment, [A, H]. */
export function runExperts(tape: Tape, arguments_: ExpertsArguments, assignments: Assignments): Value {
  return tape.call(() => {
    const { rows, weights, experts, offsets } = assignments;
    const run = () => multiplyBoth(tape, arguments_, assignments);
    const output =
      arguments_.recomputes === "products"
        ? tape.checkpoint([rows, weights, experts, offsets], run).output
        : tape.call(run);
    if (!arguments_.module.norm) return output;
    const normed = tape.call(() => postNorm(tape, arguments_, output));
    return weighed(tape, "weighed output of the experts", normed, weights);
  });
}

function multiplyBoth(
  tape: Tape,
  arguments_: ExpertsArguments,
  { rows, weights, experts, offsets }: Assignments,
): Value {
  const { module, sizes } = arguments_;
  const { assignments: A, H, I } = sizes;
  const inside = module.norm ? null : weights;
  const inner = groupedProduct(tape, "first product of the experts", rows, offsets, A * (module.gated ? 2 * I : I));
  const activated = tape.call(() => {
    if (hasKernel(module)) return gateRows(tape, arguments_, inner, inside, module.bias ? numbersOf(tape, A) : null);
    const biased = module.bias ? addBias(tape, arguments_, inner, null, experts, offsets) : inner;
    const own = applyGate(tape, module, biased, A * I);
    return inside === null ? own : weighed(tape, "weighed activation", own, inside);
  });
  tape.drop(inner);
  const output = groupedProduct(tape, "second product of the experts", activated, offsets, A * H);
  return module.bias ? addBias(tape, arguments_, output, inside, experts, offsets) : output;
}

function hasKernel({ gated, gate, interleaved }: ExpertsModule): boolean {
  return !gated || (gate === "default" && !interleaved) || (gate === "swiglu_oai" && interleaved);
}

/** A grouped matrix product with parameters, whose gradient comes first and is not counted here. */
export function groupedProduct(tape: Tape, name: string, rows: Value, offsets: Value, count: number): Value {
  const parameter = tape.given(0, rows.size);
  return tape.apply({
    inputs: [rows],
    saves: [rows, parameter, offsets],
    run: () => tape.make(name, count, rows.size),
    backward: () => [tape.make(rowsGradient(name), rows.count, rows.size)],
  });
}

/** The expert of each row, from where the experts' rows end. */
function numbersOf(tape: Tape, A: number): Value {
  return tape.call(() => {
    tape.make("numbers of the assignments", A, INT32);
    return tape.make("expert of each assignment", A, INT32);
  });
}

/** `planc_runtime.dispatch.grouped.add_bias` after the second product. */
function addBias(
  tape: Tape,
  { kernels, sizes, size }: ExpertsArguments,
  rows: Value,
  weights: Value | null,
  experts: Value,
  offsets: Value,
): Value {
  const { assignments: A, H, E } = sizes;
  const parameter = tape.given(0, size);
  return tape.apply({
    inputs: [rows, ...(weights === null ? [] : [weights])],
    savesAfter: () => [parameter, experts, offsets, ...(weights === null ? [] : [weights])],
    run: () => {
      const bias = tape.make("bias of each assignment", A * H, size);
      const scaled = weights === null ? bias : weighed(tape, "weighed bias", bias, weights);
      const sum = tape.make("output of the experts with its bias", A * H, size);
      tape.drop(bias, scaled);
      return sum;
    },
    backward: ([gradient], [, , , savedWeights]) => {
      if (gradient == null) return [null, null];
      const sums = () => (kernels === "gpu" ? summedByProduct : summedOneByOne)(tape, A, H, E, size);
      if (savedWeights === undefined) {
        tape.call(sums);
        return [gradient];
      }
      const bias = tape.make("bias of each assignment", A * H, size);
      const product = tape.make("gradient times bias", A * H, size);
      tape.drop(bias);
      const weightsGradient = tape.make("gradient of the assignments' weights, of the bias", A, FLOAT32);
      tape.drop(product);
      weighed(tape, "weighed gradient of the bias", { ...gradient, source: null }, savedWeights);
      tape.call(sums);
      return [gradient, weightsGradient];
    },
  });
}

/** A product with ones, of as many columns as are aligned. */
function summedByProduct(tape: Tape, A: number, H: number, E: number, size: number): void {
  const columns = 16 / size;
  const ones = tape.make("ones", A * columns, size);
  tape.make("sums of the experts' rows", E * columns * H, size);
  tape.drop(ones);
}

/** Each expert's rows in float32, one after another; the experts are taken to have equally many. */
function summedOneByOne(tape: Tape, A: number, H: number, E: number, size: number): void {
  const rows = tape.given((A / E) * H, size);
  for (let expert = 0; expert < E; expert++) {
    const group = cast(tape, "an expert's rows in float32", rows, FLOAT32);
    tape.make("sum of an expert's rows", H, FLOAT32);
    tape.drop(group);
  }
  if (size !== FLOAT32) tape.make("sums of the experts' rows", E * H, FLOAT32);
}

/** Each row times its weight. */
function weighed(tape: Tape, name: string, rows: Value, weights: Value): Value {
  const same = cast(tape, "weights of the assignments", weights, rows.size);
  const result = multiply(tape, name, rows, same);
  tape.drop(same);
  return result;
}

/** muse_spark's norm after each expert: scaled first, then normed, both in float32. */
export function postNorm(tape: Tape, { sizes, size }: ExpertsArguments, x: Value): Value {
  const { H } = sizes;
  const rows = x.count / H;
  const wide = cast(tape, "output of the experts in float32", x, FLOAT32);
  const shifted = tape.make("1 + weight", H, size);
  const parameter = cast(tape, "1 + weight in float32", { ...shifted, source: null }, FLOAT32);
  tape.drop(shifted);
  const scaled = scaledBy(tape, wide, parameter, rows, size);
  tape.drop(wide, parameter);
  const rounded = cast(tape, "scaled output of the experts", scaled, size);
  const again = cast(tape, "scaled output of the experts in float32", rounded, FLOAT32);
  tape.drop(rounded);
  const normed = tape.call(() => {
    const squares = square(tape, "squares", again);
    const variance = mean(tape, "mean of squares", squares, rows);
    tape.drop(squares);
    const moved = shift(tape, "mean of squares + eps", variance);
    tape.drop(variance);
    const root = power(tape, "1 / root", moved, "result");
    tape.drop(moved);
    const result = multiply(tape, "normed output of the experts", again, root);
    tape.drop(root);
    return result;
  });
  tape.drop(scaled, again);
  return cast(tape, "normed output of the experts", normed, size);
}

/** A product with a parameter, whose gradient is summed and is not counted here. */
function scaledBy(tape: Tape, x: Value, parameter: Value, rows: number, size: number): Value {
  return tape.apply({
    inputs: [x],
    saves: [x, parameter],
    run: () => tape.make("output of the experts times weight", x.count, x.size),
    backward: () => {
      const own = tape.make("gradient of the norm's weight, each row's", x.count, x.size);
      const result = tape.make("gradient of the output times weight", x.count, x.size);
      if (size !== FLOAT32) tape.make("gradient of the norm's weight", x.count / rows, FLOAT32);
      tape.drop(own);
      return [result];
    },
  });
}
