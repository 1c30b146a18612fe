/** The experts of a layer with transformers' own dispatchers (`distributed/expert_parallel.py`), function by function. */
import { BOOL, fill, INT64, multiply, pick, sumOf, where } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments } from "./arguments.ts";
import { groupedExperts } from "./grouped.ts";
import type { Routed } from "./planc.ts";
import { gathered, ownShare } from "./shares.ts";

/** All experts are on the rank. */
export function local(tape: Tape, arguments_: ExpertsArguments, { tokens, weights }: Routed): Value {
  const { T, K } = arguments_.sizes;
  return groupedExperts(tape, arguments_, { tokens, weights, rows: T, choices: K, masked: false });
}

/** `AllReduceEP`: every rank of the group has the same tokens, and computes its own experts' part of all of them. */
export function allReduce(tape: Tape, arguments_: ExpertsArguments, { tokens, weights }: Routed): Value {
  const { T, K } = arguments_.sizes;
  return tape.call(() => {
    const owners = tape.make("rank of each choice", T * K, INT64);
    const mask = tape.make("whether a choice is elsewhere", T * K, BOOL);
    tape.drop(owners);
    const numbers = tape.make("expert of each choice on its rank", T * K, INT64);
    where(tape, "local expert of each choice", T * K, INT64);
    tape.drop(numbers);
    const masked = fill(tape, "routing weights of this rank", weights, mask);
    const output = groupedExperts(tape, arguments_, { tokens, weights: masked, rows: T, choices: K, masked: true });
    tape.drop(masked);
    return output;
  });
}

/** `AllToAllEP`: each choice travels as a row of its own. */
export function allToAll(tape: Tape, arguments_: ExpertsArguments, { tokens, weights }: Routed): Value {
  const { sizes, shares } = arguments_;
  const { T, K, H, sent, received } = sizes;
  return tape.call(() => {
    const [rows, ids, ones, order, own] = tape.call((): readonly Value[] => {
      const share = ownShare(tape, tokens, shares);
      if (shares > 1) tape.make("own part of the choices", T * K, INT64);
      const ownWeights = ownShare(tape, weights, shares);
      return [...dispatch(tape, arguments_, share), ownWeights];
    }) as [Value, Value, Value, Value, Value];
    const called = { tokens: rows, weights: ones, rows: received, choices: 1, masked: true };
    const output = groupedExperts(tape, arguments_, called);
    const result = tape.call(() => {
      const returned = exchange(tape, "rows that came back", output, sent * H);
      const ordered = intoPlace(tape, "output of each choice", returned, order);
      const weighed = multiply(tape, "weighed output of each choice", ordered, own);
      const sum = sumOf(tape, "output of the experts", weighed, K, false);
      tape.drop(weighed);
      return gathered(tape, sum, shares);
    });
    tape.drop(ids, output);
    return result;
  });
}

/** Returns rows, the experts of the rows and their weights, all ones; and the order in which choices were sent. */
function dispatch(tape: Tape, { sizes, size }: ExpertsArguments, tokens: Value): readonly Value[] {
  const { E, G, H, sent, received } = sizes;
  const sorted = tape.make("sorted experts of the choices", sent, INT64);
  const order = tape.make("order of the choices sent", sent, INT64);
  tape.drop(sorted);
  const rowOf = tape.make("token of each choice", sent, INT64);
  const rows = pick(tape, "rows sent", tokens, rowOf, H);
  tape.drop(rowOf);
  tape.make("choices of each expert", G * E, INT64);
  tape.drop(tape.make("ones of the choices", sent, INT64));
  tape.make("choices from each rank", G * E, INT64);
  const sums = [tape.make("rows to each rank", G, INT64), tape.make("rows from each rank", G, INT64)];
  tape.drop(tape.make("sizes for the host", 2 * G, INT64), ...sums);
  const arrived = exchange(tape, "rows received", rows, received * H);
  const numbers = tape.make("numbers of the experts", E, INT64);
  const repeated = tape.make("numbers of the experts for each rank", G * E, INT64);
  tape.drop(numbers);
  const indices = tape.make("numbers of the rows' experts", received, INT64);
  const ids = tape.make("experts of the rows", received, INT64);
  tape.drop(indices, repeated);
  const ones = tape.make("ones of the rows", received, size);
  return [arrived, ids, ones, order];
}

/** An all-to-all that autograd knows. */
function exchange(tape: Tape, name: string, rows: Value, count: number): Value {
  return tape.apply({
    inputs: [rows],
    run: () => tape.make(name, count, rows.size),
    backward: () => [tape.make(`gradient of the rows before ${name}`, rows.count, rows.size)],
  });
}

/** `result[order] = x`. */
function intoPlace(tape: Tape, name: string, x: Value, order: Value): Value {
  return tape.apply({
    inputs: [x],
    saves: [order],
    run: () => tape.make(name, x.count, x.size),
    backward: () => [tape.make(`gradient of ${name}`, x.count, x.size)],
  });
}
