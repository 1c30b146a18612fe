/** What a module of experts itself does between its projections: `_apply_gate` of transformers' classes, in the format of the rows. */
import { cast, clamp, elementwise, FLOAT32, halves, multiply, power, scale, shift, slice } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsModule } from "./arguments.ts";

/** [A, D] to [A, I], `count` numbers: the module's gate, or its activation where it has none. */
export function applyGate(tape: Tape, module: ExpertsModule, inner: Value, count: number): Value {
  return tape.call(() => tape.view(module.gated ? gated(tape, module, inner) : curve(tape, module, inner), count));
}

/** Gate and up, as views. */
export function parted(tape: Tape, { interleaved }: ExpertsModule, inner: Value): readonly [Value, Value] {
  return interleaved ? [slice(tape, inner), slice(tape, inner)] : halves(tape, inner);
}

/** The activation. */
export function curve(tape: Tape, { activation }: ExpertsModule, x: Value): Value {
  if (activation !== "relu2") return elementwise(tape, activation, x, "input");
  const positive = elementwise(tape, "relu", x, "result");
  const result = power(tape, "square of relu", positive, "input");
  tape.drop(positive);
  return result;
}

/** `x * sigmoid(alpha * x)`. */
export function bySigmoid(tape: Tape, x: Value): Value {
  const scaled = scale(tape, "alpha * gate", x);
  const sigmoid = elementwise(tape, "sigmoid", scaled, "result");
  tape.drop(scaled);
  const result = multiply(tape, "gate * sigmoid", x, sigmoid);
  tape.drop(sigmoid);
  return result;
}

function gated(tape: Tape, module: ExpertsModule, inner: Value): Value {
  const [gate, up] = parted(tape, module, inner);
  switch (module.gate) {
    case "default":
      return product(tape, curve(tape, module, gate), up);
    case "swiglu_oai": {
      const [left, right] = [clamp(tape, "clamped gate", gate, 1), clamp(tape, "clamped up", up, 2)];
      const glu = bySigmoid(tape, left);
      return product(tape, shift(tape, "up + 1", right), glu);
    }
    case "clamped": {
      const [left, right] = [clamp(tape, "clamped gate", gate, 1), clamp(tape, "clamped up", up, 2)];
      return product(tape, curve(tape, module, left), right);
    }
    case "clamped_after": {
      const bent = curve(tape, module, gate);
      const left = clamp(tape, "clamped activation", bent, 1);
      tape.drop(bent);
      return multiply(tape, "gate times up", left, clamp(tape, "clamped up", up, 2));
    }
    case "wide": {
      const wide = cast(tape, "gate in float32", gate, FLOAT32);
      const bent = curve(tape, module, wide);
      tape.drop(wide);
      const right = cast(tape, "up in float32", up, FLOAT32);
      const result = product(tape, bent, right);
      tape.drop(right);
      const narrow = cast(tape, "activation of the experts", result, inner.size);
      tape.drop(result);
      return narrow;
    }
  }
}

/** The first factor is a temporary. */
function product(tape: Tape, first: Value, second: Value): Value {
  const result = multiply(tape, "gate times up", first, second);
  tape.drop(first);
  return result;
}
