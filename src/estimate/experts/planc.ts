/**
 * The experts of a layer with planc's dispatcher: `planc_runtime.dispatch`, function by function. Names of sizes are those of
 * that package.
 */
import { BOOL, cast, FLOAT32, INT16, INT32, INT64, where } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments, ExpertsSizes } from "./arguments.ts";
import { gatherRows, sumRows } from "./kernels.ts";
import { runExperts } from "./products.ts";
import { gathered, ownShare } from "./shares.ts";

/** What the router gives. */
export interface Routed {
  readonly tokens: Value;
  readonly weights: Value;
}

/** `planc_runtime.dispatch.passes`: what a first pass worked out, for the one that computes it again. */
export interface Passes {
  /** Whether a second pass will come. */
  readonly remembers: boolean;
  known: Places | null;
}

/** `planc_runtime.dispatch.places`, and what its sizes hold on the device. */
interface Places {
  readonly experts: Value;
  readonly tokensSent: Value;
  readonly sentRows: Value;
  readonly rowNumbers: Value;
  readonly localExperts: Value;
  readonly weights: Value;
  readonly assignments: Value;
  readonly parts: Value;
  readonly counted: readonly Value[];
}

function listed(places: Places): readonly Value[] {
  const { counted, ...others } = places;
  return [...Object.values(others), ...counted];
}

function placesOf(values: readonly Value[]): Places {
  const [experts, tokensSent, sentRows, rowNumbers, localExperts, weights, assignments, parts, ...counted] = values;
  return {
    experts: experts as Value,
    tokensSent: tokensSent as Value,
    sentRows: sentRows as Value,
    rowNumbers: rowNumbers as Value,
    localExperts: localExperts as Value,
    weights: weights as Value,
    assignments: assignments as Value,
    parts: parts as Value,
    counted,
  };
}

/** The weighted sum of each token's experts, [T, H]. */
export function planc(tape: Tape, arguments_: ExpertsArguments, routed: Routed, passes: Passes): Value {
  const { shares, sizes } = arguments_;
  return tape.call(() => {
    const tokens = ownShare(tape, routed.tokens, shares);
    if (shares > 1) tape.make("own part of the choices", sizes.T * sizes.K, INT64);
    const weights = ownShare(tape, routed.weights, shares);
    return gathered(tape, run(tape, arguments_, { tokens, weights }, passes), shares);
  });
}

function run(tape: Tape, arguments_: ExpertsArguments, routed: Routed, passes: Passes): Value {
  return tape.call(() => {
    const { known } = passes;
    if (known !== null) {
      tape.own(...listed(known));
      const equal = tape.make(
        "whether choices are those of the first pass",
        arguments_.sizes.T * arguments_.sizes.K,
        BOOL,
      );
      tape.drop(equal, tape.make("whether all choices are", 1, BOOL));
    }
    const { rows, weights, places } = dispatch(tape, arguments_, routed, known);
    if (passes.remembers && known === null) passes.known = placesOf(tape.keep(...listed(places)));
    const offsets = tape.make("ends of the experts' assignments", arguments_.sizes.E, INT32);
    const output = runExperts(tape, arguments_, { rows, weights, experts: places.localExperts, offsets });
    const result = combine(tape, arguments_, output, places);
    tape.drop(output);
    return result;
  });
}

/** What a rank sends. */
interface Routing {
  readonly sentRows: Value;
  /** What its sizes hold on the device. */
  readonly counted: readonly Value[];
}

function route(tape: Tape, sizes: ExpertsSizes): Routing {
  const { T, K, E, G, sent: S } = sizes;
  const [sentRows, , , , , ...counted] = tape.call((): readonly Value[] => {
    const destRanks = tape.make("rank of each choice", T * K, INT64);
    const localExperts = tape.make("expert of each choice on its rank", T * K, INT64);
    tape.make("assignments of each expert", G * E, INT64);
    tape.drop(tape.make("ones of the choices", T * K, INT64));
    tape.make("visits", G * T, BOOL);
    const rows = tape.make("rows to each rank", G, INT64);
    const chosen = tape.make("assignments and rows to each rank", G * (E + 1), INT64);
    tape.drop(rows);
    const counts = [chosen, exchangeSizes(tape, sizes)];
    const sums = tape.make("running sums of the visits", G * T, INT64);
    tape.make("positions of the visits", G * T, INT64);
    tape.drop(sums);
    tape.make("numbers of the visits", G * T, INT64);
    tape.make("visits in order", S + 1, INT64);
    tape.drop(where(tape, "targets of the visits", G * T, INT64));
    const tokensSent = tape.make("token of each row sent", S, INT64);
    const ranksSent = tape.make("rank of each row sent", S, INT64);
    const sentRows = tape.make("row that carries each choice", T * K, INT64);
    return [sentRows, destRanks, localExperts, tokensSent, ranksSent, ...counts];
  });
  return { sentRows: sentRows as Value, counted };
}

/** Returns the assignments of each local expert. */
function exchangeSizes(tape: Tape, { E, G }: ExpertsSizes): Value {
  return tape.call(() => {
    tape.make("assignments and rows from each rank", G * (E + 1), INT64);
    tape.make("assignments of each local expert in 64 bits", E, INT64);
    const sum = tape.make("number of assignments", 1, INT64);
    const list = tape.make("sizes for the host", 2 * G + 1, INT64);
    tape.drop(sum, list);
    return tape.make("assignments of each local expert", E, INT32);
  });
}

/** What the rank computes on. */
interface Dispatched {
  readonly rows: Value;
  readonly weights: Value;
  readonly places: Places;
}

function dispatch(tape: Tape, arguments_: ExpertsArguments, routed: Routed, known: Places | null): Dispatched {
  const { sizes, kernels, size, weightSize } = arguments_;
  const { T, K, H, sent: S, received: R, assignments: A } = sizes;
  const [rows, weights, ...others] = tape.apply({
    inputs: [routed.tokens, routed.weights],
    savesAfter: ([, , ...made]) => {
      const { assignments, parts, sentRows, experts } = known ?? placesOf(made);
      return [assignments, parts, sentRows, experts];
    },
    run: (): readonly Value[] => {
      const places = known ?? send(tape, arguments_, routed);
      if (known !== null) sendRows(tape, arguments_);
      const source = { first: T, second: R, columns: H, size };
      const rowsA = gatherRows(tape, kernels, "rows of the assignments", A, source);
      const weightsA = tape.view(places.weights);
      return [rowsA, weightsA, ...(known === null ? listed(places) : [])];
    },
    backward: ([gradient, weightsGradient]) => {
      if (gradient == null || weightsGradient == null) return [null, null];
      const zero = tape.make("zero", 1, FLOAT32);
      tape.make("gradients of the assignments' weights and a zero", A + 1, FLOAT32);
      tape.drop(zero);
      tape.make("gradients of the weights received", R * K, FLOAT32);
      tape.make("gradients of the weights sent", S * K, FLOAT32);
      const tokensGradient = sumBack(tape, sizes, kernels, "gradient of the input", size);
      const own = tape.make("gradients of the routing weights computed here", T * K, FLOAT32);
      let result = own;
      if (S > 0) {
        tape.make("numbers of the choices", K, INT64);
        const clamped = tape.make("row that carries each choice, none negative", T * K, INT64);
        const scaled = tape.make("first choice of each row", T * K, INT64);
        tape.drop(clamped);
        const places = tape.make("place of each choice", T * K, INT64);
        tape.drop(scaled);
        tape.make("gradients of the routing weights computed elsewhere", T * K, FLOAT32);
        tape.drop(places);
        const ranks = tape.make("rank of each choice", T * K, INT32);
        const isOwn = tape.make("whether a choice stays", T * K, BOOL);
        tape.drop(ranks);
        result = tape.make("gradient of the routing weights", T * K, FLOAT32);
        tape.drop(isOwn, own);
      }
      return [tokensGradient, cast(tape, "gradient of the routing weights", result, weightSize)];
    },
  });
  return { rows: rows as Value, weights: weights as Value, places: known ?? placesOf(others) };
}

/** What a first pass works out. */
function send(tape: Tape, arguments_: ExpertsArguments, routed: Routed): Places {
  const { sizes } = arguments_;
  const { T, K, sent: S, received: R, assignments: A } = sizes;
  const places = tape.call((): readonly Value[] => {
    const { sentRows, counted } = route(tape, sizes);
    const plain = { ...routed.weights, source: null };
    const wide = cast(tape, "routing weights in float32", plain, FLOAT32);
    tape.make("routing weights of the rows sent", S * K, FLOAT32);
    tape.drop(wide);
    const choicesSent = sentExperts(tape, sizes);
    tape.make("choices sent", S * 2 * K, INT32);
    tape.drop(choicesSent);
    tape.make("choices received", R * 2 * K, INT32);
    const tokensSent = tape.make("token of each row sent, in 32 bits", S, INT32);
    sendRows(tape, arguments_);
    const [rowNumbers, , localExperts, assignments, parts] = layOut(tape, sizes);
    const wideAgain = cast(tape, "routing weights in float32", plain, FLOAT32);
    const bits = R > 1 ? [tape.make("weights received", R * K, FLOAT32)] : [];
    tape.make("weights of all rows", (T + R) * K, FLOAT32);
    tape.drop(wideAgain, ...bits);
    const weights = tape.make("weights of the assignments", A, FLOAT32);
    const experts = tape.make("chosen experts in 32 bits", T * K, INT32);
    return [
      experts,
      tokensSent,
      sentRows,
      ...[rowNumbers, localExperts, weights, assignments, parts].map((each) => each as Value),
      ...counted,
    ];
  });
  return placesOf(places);
}

function sendRows(tape: Tape, { sizes, kernels, size }: ExpertsArguments): void {
  const { T, H, sent: S, received: R } = sizes;
  gatherRows(tape, kernels, "rows sent", S, { first: T, columns: H, size });
  tape.make("rows received", R * H, size);
}

function sentExperts(tape: Tape, { K, sent: S }: ExpertsSizes): Value {
  return tape.call(() => {
    tape.make("rank of each choice of a row sent", S * K, INT64);
    tape.make("whether a choice is on the rank of its row", S * K, BOOL);
    const experts = tape.make("expert of each choice of a row sent", S * K, INT64);
    const marked = where(tape, "expert of each choice, or none", S * K, INT64);
    tape.drop(experts);
    const result = tape.make("expert of each choice sent", S * K, INT32);
    tape.drop(marked);
    return result;
  });
}

/** Returns rows, choices, local experts, assignments of all rows, and parts. */
function layOut(tape: Tape, { T, K, E, G, received: R, assignments: A }: ExpertsSizes): readonly Value[] {
  const choices = (T + R) * K;
  return tape.call(() => {
    tape.make("whether a choice stays", T * K, BOOL);
    const marked = where(tape, "expert of each own choice, or none", T * K, INT64);
    tape.make("expert of each own choice", T * K, INT32);
    tape.drop(marked);
    tape.make("expert of each choice of all rows", choices, INT32);
    if (E < 2 ** 15) tape.make("keys to sort", choices, INT16);
    tape.make("sorted keys", choices, E < 2 ** 15 ? INT16 : INT32);
    tape.make("order of the choices", choices, INT64);
    tape.make("numbers of the assignments", A, INT32);
    const assignments = tape.make("assignments of all rows", choices, INT32);
    tape.make("numbers of the choices", K, INT64);
    tape.make("first choice of each rank", T * G, INT64);
    const first = tape.make("first choice of a choice's rank", T * K, INT64);
    tape.make("whether a choice is its rank's first", T * K, BOOL);
    tape.drop(first);
    const isElsewhere = tape.make("whether a choice is elsewhere", T * K, BOOL);
    const isFirst = tape.make("whether a choice comes back", T * K, BOOL);
    tape.drop(isElsewhere);
    const sum = tape.make("A + row that comes back", T * K, INT64);
    const returned = where(tape, "row that comes back, or none", T * K, INT64);
    tape.drop(isFirst, sum);
    tape.make("row that comes back, in 32 bits", T * K, INT32);
    tape.drop(returned);
    const wide = tape.make("row of each assignment, in 64 bits", A, INT64);
    const rows = tape.make("row of each assignment", A, INT32);
    tape.drop(wide);
    const choicesA = tape.make("choice of each assignment", A, INT32);
    const experts = tape.make("local expert of each assignment", A, INT32);
    const parts = tape.make("parts of each token's output", T * K, INT32);
    return [rows, choicesA, experts, assignments, parts];
  });
}

function combine(tape: Tape, { sizes, kernels, size }: ExpertsArguments, rows: Value, places: Places): Value {
  const { T, H, sent: S, received: R, assignments: A } = sizes;
  return tape.apply({
    inputs: [rows],
    keeps: () => [places.tokensSent, places.rowNumbers],
    run: () => sumBack(tape, sizes, kernels, "output of the experts", size),
    backward: () => {
      const received = tape.call(() => {
        gatherRows(tape, kernels, "gradients sent", S, { first: T, columns: H, size });
        return tape.make("gradients received", R * H, size);
      });
      const source = { first: T, second: R, columns: H, size };
      const gradient = gatherRows(tape, kernels, "gradient of the experts' output", A, source);
      tape.drop(received);
      return [gradient];
    },
  });
}

/** Sums assignments by received row, sends the sums back and sums by token: [T, H]. */
function sumBack(
  tape: Tape,
  { T, K, H, sent: S, received: R, assignments: A }: ExpertsSizes,
  kernels: ExpertsArguments["kernels"],
  name: string,
  size: number,
): Value {
  return tape.call(() => {
    sumRows(tape, kernels, "sums sent back", { summed: R, slots: K }, { first: A, columns: H, size });
    tape.make("sums that came back", S * H, size);
    return sumRows(tape, kernels, name, { summed: T, slots: K }, { first: A, second: S, columns: H, size });
  });
}
