/**
 * Torch's operators as `Tape` plays them: what each allocates, saves for its gradient, and allocates for it (torch's
 * `derivatives.yaml`, and its engine, which sums a gradient to the shape of what was broadcast).
 */
import type { Tape, Value } from "./tape.ts";

export const FLOAT32 = 4;
export const INT64 = 8;
export const INT32 = 4;
export const INT16 = 2;
export const BOOL = 1;

/** `x.to(dtype)`: the same tensor where it has that format. */
export function cast(tape: Tape, name: string, x: Value, size: number): Value {
  if (x.size === size) return tape.view(x);
  return tape.apply({
    inputs: [x],
    run: () => tape.make(name, x.count, size),
    backward: ([gradient]) => [gradient ? tape.make(`gradient of ${name}`, x.count, x.size) : null],
  });
}

/** `a * b`, one of which may be broadcast. */
export function multiply(tape: Tape, name: string, a: Value, b: Value): Value {
  const count = Math.max(a.count, b.count);
  const saves = [...(b.source === null ? [] : [a]), ...(a.source === null ? [] : [b])];
  return tape.apply({
    inputs: [a, b],
    saves,
    run: () => tape.make(name, count, Math.max(a.size, b.size)),
    backward: ([gradient]) => {
      if (gradient == null) return [null, null];
      return [a, b].map((each) =>
        each.source === null ? null : tape.make(`gradient of ${name}`, count, gradient.size),
      );
    },
  });
}

/** `x[rows]`, whose gradient is added into zeros. `columns` are those of a row. */
export function pick(tape: Tape, name: string, x: Value, rows: Value, columns = 1): Value {
  return tape.apply({
    inputs: [x],
    saves: [rows],
    run: () => tape.make(name, rows.count * columns, x.size),
    backward: () => {
      const zeros = tape.make(`zeros for the gradient of ${name}`, x.count, x.size);
      const result = tape.make(`gradient of what ${name} are picked of`, x.count, x.size);
      tape.drop(zeros);
      return [result];
    },
  });
}

/** The same of a parameter, whose gradient is not counted here. */
export function pickOfParameter(tape: Tape, name: string, x: Value, rows: Value, columns: number): Value {
  return tape.apply({
    inputs: [tape.leaf(x)],
    saves: [rows],
    run: () => tape.make(name, rows.count * columns, x.size),
    backward: () => {
      tape.drop(tape.make(`zeros for the gradient of ${name}`, x.count, x.size));
      return [null];
    },
  });
}

/** `a.add_(b)`: both have the gradient of the sum. */
export function addInto(tape: Tape, a: Value, b: Value): Value {
  return tape.apply({
    inputs: [a, b],
    run: () => tape.view(a),
    backward: ([gradient]) => (gradient == null ? [null, null] : [gradient, tape.view(gradient)]),
  });
}

/** `x.masked_fill(mask, 0)`. */
export function fill(tape: Tape, name: string, x: Value, mask: Value, isInPlace = false): Value {
  return tape.apply({
    inputs: [x],
    saves: [mask],
    run: () => (isInPlace ? tape.view(x) : tape.make(name, x.count, x.size)),
    backward: () => [tape.make(`gradient of ${name}`, x.count, x.size)],
  });
}

/** The sum of each `terms` rows. The gradient is the same for all terms: a view, which is copied where rows follow each other. */
export function sumOf(tape: Tape, name: string, x: Value, terms: number, isCopied: boolean): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.make(name, x.count / terms, x.size),
    backward: ([gradient]) => {
      if (gradient == null) return [null];
      const all = `gradient of the terms of ${name}`;
      return [isCopied && terms > 1 ? tape.make(all, x.count, x.size) : tape.view(gradient, x.count)];
    },
  });
}

/** A sum with a number, or with what needs no gradient. */
export function shift(tape: Tape, name: string, x: Value): Value {
  return tape.apply({ inputs: [x], run: () => tape.make(name, x.count, x.size), backward: (gradients) => gradients });
}

/** A product with a number. */
export function scale(tape: Tape, name: string, x: Value): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.make(name, x.count, x.size),
    backward: ([gradient]) => [gradient ? tape.make(`gradient of ${name}`, x.count, x.size) : null],
  });
}

/** Functions of one element whose gradient is one kernel, which reads their input, or their result. */
export function elementwise(tape: Tape, name: string, x: Value, saves: "input" | "result"): Value {
  return tape.apply({
    inputs: [x],
    saves: saves === "input" ? [x] : [],
    savesAfter: (result) => (saves === "result" ? result : []),
    run: () => tape.make(name, x.count, x.size),
    backward: ([gradient]) => [gradient ? tape.make(`gradient of ${name}`, x.count, x.size) : null],
  });
}

/** `x ** 2`, whose gradient is grad * (2 * x ** 1). */
export function square(tape: Tape, name: string, x: Value): Value {
  return power(tape, name, x, "input");
}

/** `x ** 2` and `rsqrt`: the gradient is the product of the gradient, a number and a power. */
export function power(tape: Tape, name: string, x: Value, saves: "input" | "result"): Value {
  return tape.apply({
    inputs: [x],
    saves: saves === "input" ? [x] : [],
    savesAfter: (result) => (saves === "result" ? result : []),
    run: () => tape.make(name, x.count, x.size),
    backward: ([gradient]) => {
      if (gradient == null) return [null];
      const raised = tape.make(`power of ${name}`, x.count, x.size);
      const scaled = tape.make(`slope of ${name}`, x.count, x.size);
      const result = tape.make(`gradient of ${name}`, x.count, x.size);
      tape.drop(raised, scaled);
      return [result];
    },
  });
}

/** The mean of each of `rows` rows. */
export function mean(tape: Tape, name: string, x: Value, rows: number): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.make(name, rows, x.size),
    backward: ([gradient]) => [gradient ? tape.make(`gradient of ${name}`, x.count, x.size) : null],
  });
}

/** Clamped from above, or from both sides. */
export function clamp(tape: Tape, name: string, x: Value, sides: 1 | 2): Value {
  return tape.apply({
    inputs: [x],
    saves: [x],
    run: () => tape.make(name, x.count, x.size),
    backward: ([gradient]) => {
      if (gradient == null) return [null];
      return [
        tape.call(() => {
          tape.make("zero", 1, x.size);
          for (let side = 0; side < sides; side++) tape.make(`within limits, ${name}`, x.count, BOOL);
          return tape.make(`gradient of ${name}`, x.count, x.size);
        }),
      ];
    },
  });
}

/** Both halves of each row; their gradients are put together. */
export function halves(tape: Tape, x: Value): readonly [Value, Value] {
  const [first, second] = tape.apply({
    inputs: [x],
    run: (): readonly Value[] => [tape.view(x, x.count / 2), tape.view(x, x.count / 2)],
    backward: () => [tape.make("gradient of both halves", x.count, x.size)],
  });
  return [first as Value, second as Value];
}

/** Every second column: the gradient has zeros between. */
export function slice(tape: Tape, x: Value): Value {
  return tape.apply({
    inputs: [x],
    run: () => tape.view(x, x.count / 2),
    backward: ([gradient]) => [gradient ? tape.make("gradient of every second column", x.count, x.size) : null],
  });
}

/** `torch.where(mask, x, number)`, or the other way: the number is made a tensor of the device first. */
export function where(tape: Tape, name: string, count: number, size: number): Value {
  return tape.call(() => {
    tape.make("number", 1, size);
    return tape.make(name, count, size);
  });
}
