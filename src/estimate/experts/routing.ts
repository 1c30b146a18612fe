/**
 * `planc_runtime.kernels.routing`: from a rank's choices to an order of rows, in plain torch and by kernels. Names of sizes are
 * those of that module.
 */
import { BOOL, cast, FLOAT32, INT16, INT32, INT64, where } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments } from "./arguments.ts";

/** What is needed from one step to the next. */
export interface Routing {
  readonly experts: Value;
  readonly chosen: Value;
}

export interface Totals {
  readonly sizes: Value;
  readonly counts: Value;
  readonly ends: Value;
}

export interface Sent {
  readonly tokens: Value;
  readonly sentRows: Value;
  readonly messages: Value;
}

export interface Layout {
  readonly rows: Value;
  readonly localExperts: Value;
  readonly weights: Value;
  /** Of received rows and of own tokens, in one storage. */
  readonly assignments: Value;
  readonly parts: Value;
}

/** Counts the choices; what it makes is the caller's until that returns. */
export function startRouting(
  tape: Tape,
  { sizes: { T, K, E, G }, kernels }: ExpertsArguments,
  weights: Value,
): Routing {
  const chosen = () => tape.make("assignments and rows to each rank", G * (E + 1), INT64);
  if (kernels === "gpu") {
    const experts = tape.make("chosen experts in 32 bits", T * K, INT32);
    tape.make("ranks that choices visit first", T * K, INT16);
    tape.make("choices of the blocks before", blocks(T, K) * G * (E + 1), INT32);
    return { experts, chosen: chosen() };
  }
  cast(tape, "routing weights in float32", { ...weights, source: null }, FLOAT32);
  const [experts, made] = tape.call(() => {
    const narrow = tape.make("chosen experts in 32 bits", T * K, INT32);
    const destRanks = tape.make("rank of each choice", T * K, INT64);
    const local = tape.make("expert of each choice on its rank", T * K, INT32);
    tape.make("assignments of each expert", G * E, INT64);
    tape.drop(tape.make("ones of the choices", T * K, INT64));
    const visits = tape.make("visits", G * T, BOOL);
    const rows = tape.make("rows to each rank", G, INT64);
    const all = chosen();
    tape.drop(rows);
    return [narrow, all, destRanks, local, visits];
  });
  return { experts: experts as Value, chosen: made as Value };
}

export function total(tape: Tape, { sizes: { E, G }, kernels }: ExpertsArguments): Totals {
  const [sizes, counts, ends] = tape.call(() => {
    tape.make("assignments and rows from each rank", G * (E + 1), INT64);
    const list = () => tape.make("sizes for the host", 2 * G + 1, INT64);
    const narrow = (name: string) => tape.make(name, E, INT32);
    if (kernels === "gpu")
      return [list(), narrow("assignments of each local expert"), narrow("ends of the experts' assignments")];
    tape.make("assignments of each local expert in 64 bits", E, INT64);
    const sum = tape.make("number of assignments", 1, INT64);
    const sizes = list();
    tape.drop(sum);
    const counts = narrow("assignments of each local expert");
    const wide = tape.make("ends of the experts' assignments in 64 bits", E, INT64);
    const ends = narrow("ends of the experts' assignments");
    tape.drop(wide);
    return [sizes, counts, ends];
  });
  return { sizes: sizes as Value, counts: counts as Value, ends: ends as Value };
}

export function send(tape: Tape, { sizes: { T, K, G, sent: S }, kernels }: ExpertsArguments): Sent {
  const makeTokens = () => tape.make("token of each row sent", S, INT32);
  const makeRows = () => tape.make("row that carries each choice", T * K, INT32);
  const makeMessages = () => tape.make("messages sent", S * 2 * K, INT32);
  if (kernels === "gpu") return { tokens: makeTokens(), sentRows: makeRows(), messages: makeMessages() };
  const [tokens, sentRows, messages] = tape.call(() => {
    const sums = tape.make("running sums of the visits", G * T, INT64);
    tape.make("positions of the visits", G * T, INT64);
    tape.drop(sums);
    tape.make("numbers of the visits", G * T, INT64);
    tape.make("visits in order", S + 1, INT64);
    tape.drop(where(tape, "targets of the visits", G * T, INT64));
    tape.make("token of each row sent, in 64 bits", S, INT64);
    tape.make("rank of each row sent", S, INT64);
    const ranks = tape.make("rank of each choice of a row sent", S * K, INT64);
    tape.make("whether a choice is on the rank of its row", S * K, BOOL);
    tape.drop(ranks);
    const local = tape.make("expert of each choice of a row sent", S * K, INT32);
    where(tape, "expert of each choice sent, or none", S * K, INT32);
    tape.drop(local);
    const wide = tape.make("row that carries each choice, in 64 bits", T * K, INT64);
    tape.make("row that carries each choice, if any does", T * K, INT32);
    tape.drop(wide);
    const tokens = makeTokens();
    const isOwn = tape.make("whether a choice stays", T * K, BOOL);
    const sentRows = where(tape, "row that carries each choice", T * K, INT32);
    tape.drop(isOwn);
    const weights = tape.make("routing weights of the rows sent", S * K, FLOAT32);
    const messages = makeMessages();
    tape.drop(weights);
    return [tokens, sentRows, messages];
  });
  return { tokens: tokens as Value, sentRows: sentRows as Value, messages: messages as Value };
}

export function layOut(tape: Tape, arguments_: ExpertsArguments): Layout {
  const [rows, localExperts, weights, assignments, parts] = tape.call(() =>
    (arguments_.kernels === "gpu" ? compiledLayout : eagerLayout)(tape, arguments_),
  ) as [Value, Value, Value, Value, Value];
  return { rows, localExperts, weights, assignments, parts };
}

function compiledLayout(tape: Tape, { sizes }: ExpertsArguments): readonly Value[] {
  const { T, K, E, received: R, assignments: A } = sizes;
  tape.make("received choices of the blocks before", blocks(R, K) * E, INT32);
  const assignments = tape.make("assignments of all rows", (T + R) * K, INT32);
  const rows = tape.make("row of each assignment", A, INT32);
  const experts = tape.make("local expert of each assignment", A, INT32);
  const weights = tape.make("weights of the assignments", A, FLOAT32);
  return [rows, experts, weights, assignments, tape.make("parts of each token's output", T * K, INT32)];
}

function eagerLayout(tape: Tape, { sizes }: ExpertsArguments): readonly Value[] {
  const { T, K, E, G, received: R, assignments: A } = sizes;
  const choices = (T + R) * K;
  tape.make("whether a choice stays", T * K, BOOL);
  const own = where(tape, "expert of each own choice, or none", T * K, INT32);
  tape.make("expert of each choice of all rows", choices, INT32);
  tape.drop(own);
  if (E < 2 ** 15) tape.make("keys to sort", choices, INT16);
  tape.make("sorted keys", choices, E < 2 ** 15 ? INT16 : INT32);
  tape.make("order of the choices", choices, INT64);
  tape.make("numbers of the assignments", A, INT32);
  const assignments = tape.make("assignments of all rows", choices, INT32);
  const bits = R > 1 ? [tape.make("weights received", R * K, FLOAT32)] : [];
  tape.make("weights of all rows", choices, FLOAT32);
  tape.drop(...bits);
  const isFirst = tape.call(() => {
    tape.make("numbers of the choices", K, INT64);
    tape.make("first choice of each rank", T * G, INT64);
    const first = tape.make("first choice of a choice's rank", T * K, INT64);
    const result = tape.make("whether a choice is its rank's first", T * K, BOOL);
    tape.drop(first);
    return result;
  });
  const isElsewhere = tape.make("whether a choice is elsewhere", T * K, BOOL);
  const comesBack = tape.make("whether a choice comes back", T * K, BOOL);
  tape.drop(isFirst, isElsewhere);
  const sum = tape.make("A + row that comes back", T * K, INT32);
  where(tape, "row that comes back, or none", T * K, INT32);
  tape.drop(comesBack, sum);
  const wide = tape.make("row of each assignment, in 64 bits", A, INT64);
  const rows = tape.make("row of each assignment", A, INT32);
  tape.drop(wide);
  const experts = tape.make("local expert of each assignment", A, INT32);
  const weights = tape.make("weights of the assignments", A, FLOAT32);
  return [rows, experts, weights, assignments, tape.make("parts of each token's output", T * K, INT32)];
}

/**
 * Picks a number for each of `rows * K` choices, of those of the assignments, and where `returned` of those that came back. `size`
 * is of the result.
 */
export function pickWeights(
  tape: Tape,
  name: string,
  { sizes: { K, assignments: A }, kernels }: ExpertsArguments,
  { rows, returned, size }: { readonly rows: number; readonly returned: boolean; readonly size: number },
): Value {
  const count = rows * K;
  if (kernels === "gpu") return tape.make(name, count, size);
  return tape.call(() => {
    const zero = tape.make("zero", 1, FLOAT32);
    const padded = tape.make("numbers of the assignments and a zero", A + 1, FLOAT32);
    tape.drop(zero);
    let picked = tape.make(`${name}, in float32`, count, FLOAT32);
    tape.drop(padded);
    if (returned) {
      const clamped = tape.make("row that carries each choice, none negative", count, INT32);
      const wide = tape.make("row that carries each choice, in 64 bits", count, INT64);
      tape.drop(clamped);
      tape.make(`${name}, that came back`, count, FLOAT32);
      tape.drop(wide);
      const masks = ["no assignment", "a row"].map((each) => tape.make(`whether a choice has ${each}`, count, BOOL));
      const mask = tape.make("whether a choice has a row and no assignment", count, BOOL);
      tape.drop(...masks);
      const own = picked;
      picked = tape.make(`${name}, of both`, count, FLOAT32);
      tape.drop(mask, own);
    }
    return cast(tape, name, picked, size);
  });
}

/** `planc_runtime.kernels.compiled.choice_tiles`: a block has 256 slots; a row takes its choices, up to a power of two. */
function blocks(rows: number, choices: number): number {
  const padded = 2 ** Math.ceil(Math.log2(choices));
  return Math.max(1, Math.ceil(rows / (Math.max(256, padded) / padded)));
}
