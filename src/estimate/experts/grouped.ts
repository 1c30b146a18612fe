/** transformers' own `grouped_mm` implementation of experts (`integrations/moe.py`): the products of all choices, ordered by expert. */
import {
  addInto,
  BOOL,
  cast,
  FLOAT32,
  fill,
  INT32,
  INT64,
  multiply,
  pick,
  pickOfParameter,
  sumOf,
} from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments } from "./arguments.ts";
import { applyGate } from "./gates.ts";
import { groupedProduct, postNorm } from "./products.ts";

/** What the experts are called with: `choices` of each of `rows` rows. */
export interface Called {
  readonly tokens: Value;
  readonly weights: Value;
  readonly rows: number;
  readonly choices: number;
  /** Whether choices may be of experts that are on other ranks, which are masked. */
  readonly masked: boolean;
}

/** The weighted sum of each row's experts, [rows, H]. */
export function groupedExperts(tape: Tape, arguments_: ExpertsArguments, called: Called): Value {
  const { module, sizes, size } = arguments_;
  const { H, I, E } = sizes;
  const { tokens, weights, rows, choices, masked } = called;
  const count = rows * choices;
  const D = module.gated ? 2 * I : I;
  return tape.call(() => {
    const experts = tape.make("sorted experts", count, INT64);
    const order = tape.make("order of the choices", count, INT64);
    const rowOf = tape.make("row of each choice", count, INT64);
    let picked = pick(tape, "rows of the choices", tokens, rowOf, H);
    tape.drop(rowOf);
    const ordered = pick(tape, "weights of the choices", weights, order);
    tape.make("experts to count", count, FLOAT32);
    tape.make("choices of each expert", E, FLOAT32);
    const offsets = tape.make("ends of the experts' choices", E, INT32);
    const mask = masked ? tape.make("choices of other ranks", count, BOOL) : null;
    const biasOf = (name: string, columns: number) =>
      module.bias ? pickOfParameter(tape, name, tape.given(E * columns, size), experts, columns) : null;
    const clean = (x: Value, name: string) => (mask === null ? x : replaced(tape, x, fill(tape, name, x, mask)));

    const upBias = biasOf("first biases of the choices", D);
    if (mask !== null) picked = replaced(tape, picked, fill(tape, "rows of the choices", picked, mask, true));
    let inner = groupedProduct(tape, "first product of the experts", picked, offsets, count * D);
    if (upBias !== null) inner = replaced(tape, inner, addInto(tape, inner, upBias));
    inner = clean(inner, "first product of the experts, of this rank");
    let output = replaced(tape, inner, applyGate(tape, module, inner, count * I));
    const downBias = biasOf("second biases of the choices", H);
    if (upBias !== null) tape.drop(upBias);
    output = replaced(tape, output, groupedProduct(tape, "second product of the experts", output, offsets, count * H));
    if (downBias !== null) output = replaced(tape, output, addInto(tape, output, downBias));
    output = clean(output, "second product of the experts, of this rank");
    if (module.norm)
      output = replaced(
        tape,
        output,
        tape.call(() => postNorm(tape, arguments_, output)),
      );

    const weighed = multiply(tape, "weighed output of the choices", output, ordered);
    const inverse = tape.make("place of each choice", count, INT64);
    tape.drop(tape.make("numbers of the choices", count, INT64));
    const back = replaced(tape, weighed, pick(tape, "weighed output in the order of the rows", weighed, inverse, H));
    const sum = sumOf(tape, "output of the experts", back, choices, true);
    return cast(tape, "output of the experts", sum, size);
  });
}

/** A variable that gets another value. */
function replaced(tape: Tape, before: Value, after: Value): Value {
  tape.drop(before);
  return after;
}
