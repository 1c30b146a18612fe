/** What stands between both projections, as `planc_runtime.kernels.gating` computes it: in float32, with the weight inside. */
import { cast, clamp, FLOAT32, INT32, multiply, shift } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments, ExpertsModule } from "./arguments.ts";
import { bySigmoid, curve, parted } from "./gates.ts";

/** [A, D] to [A, I], by a kernel; `weights` [A] are part of it where given. `width` is I. */
export function gateRows(
  tape: Tape,
  { module, kernels, sizes }: ExpertsArguments,
  rows: Value,
  weights: Value | null,
  experts: Value | null,
): Value {
  const { assignments: A, I } = sizes;
  const plain = (x: Value, weight: Value | null) => eager(tape, module, sizes, x, weight);
  return tape.apply({
    inputs: [rows, ...(weights === null ? [] : [weights])],
    savesAfter: () => [rows, ...(weights === null ? [] : [weights]), ...(experts === null ? [] : [experts])],
    run: () => (kernels === "gpu" ? tape.make("activation of the experts", A * I, rows.size) : plain(rows, weights)),
    backward: ([gradient], [savedRows = rows, savedWeights]) => {
      if (gradient == null) return [null, null];
      const weight = weights === null ? null : (savedWeights ?? null);
      const found = (kernels === "gpu" ? written : derived)(tape, plain, savedRows, weight, gradient);
      if (module.bias) biasGradient(tape, sizes, found[0] as Value);
      return found;
    },
  });
}

function written(tape: Tape, _: unknown, rows: Value, weights: Value | null): readonly Value[] {
  const gradients = [tape.make("gradient of the experts' first product", rows.count, rows.size)];
  return weights === null
    ? gradients
    : [...gradients, tape.make("gradient of the assignments' weights", weights.count, weights.size)];
}

/** By autograd, inside of the backward pass. */
function derived(
  tape: Tape,
  plain: (rows: Value, weights: Value | null) => Value,
  rows: Value,
  weights: Value | null,
  gradient: Value,
): readonly Value[] {
  const inputs = [rows, ...(weights === null ? [] : [weights])].map((each) => tape.leaf(each));
  const output = tape.recording(() => tape.call(() => plain(inputs[0] as Value, inputs[1] ?? null)));
  const own = tape.view({ ...gradient, source: null });
  return tape.gradients(output, own, inputs).map((each) => each as Value);
}

/** A product of which expert a row is of with the rows' gradients. */
function biasGradient(tape: Tape, { assignments, E }: ExpertsArguments["sizes"], gradient: Value): void {
  tape.call(() => {
    tape.make("numbers of the experts", E, INT32);
    const masks = tape.make("whether a row is of an expert", E * assignments, 1);
    tape.make("whether a row is of an expert, as a number", E * assignments, gradient.size);
    tape.drop(masks);
  });
}

function eager(
  tape: Tape,
  module: ExpertsModule,
  { assignments: A, I, E }: ExpertsArguments["sizes"],
  rows: Value,
  weights: Value | null,
): Value {
  return tape.call(() => {
    let inner = cast(tape, "the experts' first product in float32", rows, FLOAT32);
    if (module.bias) {
      const biases = cast(tape, "biases in float32", tape.given(E * 2 * I, rows.size), FLOAT32);
      const bias = tape.make("bias of each row", rows.count, FLOAT32);
      tape.drop(biases);
      const sum = shift(tape, "the experts' first product with its bias", inner);
      tape.drop(bias, inner);
      inner = sum;
    }
    let out = module.gated ? product(tape, module, inner) : curve(tape, module, inner);
    if (weights !== null) {
      const weighed = multiply(tape, "weighed activation", out, weights);
      tape.drop(out);
      out = weighed;
    }
    return cast(tape, "activation of the experts", tape.view(out, A * I), rows.size);
  });
}

function product(tape: Tape, module: ExpertsModule, inner: Value): Value {
  let [gate, up] = parted(tape, module, inner);
  if (module.gate === "swiglu_oai") {
    const [clampedGate, clampedUp] = [clamp(tape, "clamped gate", gate, 1), clamp(tape, "clamped up", up, 2)];
    tape.drop(gate, up);
    gate = clampedGate;
    up = shift(tape, "up + 1", clampedUp);
    tape.drop(clampedUp);
  }
  const bent = module.gate === "swiglu_oai" ? bySigmoid(tape, gate) : curve(tape, module, gate);
  const result = multiply(tape, "gate times up", bent, up);
  tape.drop(bent);
  return result;
}
