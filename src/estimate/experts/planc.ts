/**
 * The experts of a layer with planc's dispatcher: `planc_runtime.dispatch`, function by function. Names of sizes are those of
 * that package.
 */
import { BOOL, FLOAT32, INT32, INT64 } from "../operators.ts";
import type { Tape, Value } from "../tape.ts";
import type { ExpertsArguments, ExpertsSizes } from "./arguments.ts";
import { gatherRows, sumRows } from "./kernels.ts";
import { runExperts } from "./products.ts";
import { layOut, pickWeights, send as sendChoices, startRouting, total } from "./routing.ts";
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
  readonly ends: Value;
  readonly counted: readonly Value[];
}

function listed(places: Places): readonly Value[] {
  const { counted, ...others } = places;
  return [...Object.values(others), ...counted];
}

function placesOf(values: readonly Value[]): Places {
  const [experts, tokensSent, sentRows, rowNumbers, localExperts, weights, assignments, parts, ends, ...counted] =
    values;
  return {
    experts: experts as Value,
    tokensSent: tokensSent as Value,
    sentRows: sentRows as Value,
    rowNumbers: rowNumbers as Value,
    localExperts: localExperts as Value,
    weights: weights as Value,
    assignments: assignments as Value,
    parts: parts as Value,
    ends: ends as Value,
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
    const output = runExperts(tape, arguments_, {
      rows,
      weights,
      experts: places.localExperts,
      offsets: places.ends,
    });
    const result = combine(tape, arguments_, output, places);
    tape.drop(output);
    return result;
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
      const { assignments, parts, sentRows } = known ?? placesOf(made);
      return [assignments, parts, sentRows];
    },
    run: (): readonly Value[] => {
      const made = known === null ? send(tape, arguments_, routed) : sendRows(tape, arguments_);
      const places = known ?? placesOf(made.slice(0, -2));
      const source = { first: T, second: R, columns: H, size };
      const rowsA = gatherRows(tape, kernels, "rows of the assignments", A, source);
      const weightsA = tape.view(places.weights);
      return [rowsA, weightsA, ...(known === null ? listed(places) : [])];
    },
    backward: ([gradient, weightsGradient]) => {
      if (gradient == null || weightsGradient == null) return [null, null];
      const name = "gradients of the weights";
      pickWeights(tape, `${name} received`, arguments_, { rows: R, returned: false, size: FLOAT32 });
      tape.make(`${name} sent`, S * K, FLOAT32);
      const tokensGradient = sumBack(tape, sizes, kernels, "gradient of the input", size);
      const chosen = { rows: T, returned: S > 0, size: weightSize };
      return [tokensGradient, pickWeights(tape, "gradient of the routing weights", arguments_, chosen)];
    },
  });
  return { rows: rows as Value, weights: weights as Value, places: known ?? placesOf(others) };
}

/** What a first pass works out, and the rows that are on their way. */
function send(tape: Tape, arguments_: ExpertsArguments, routed: Routed): readonly Value[] {
  const { K, received: R } = arguments_.sizes;
  return tape.call(() => {
    const { experts, chosen } = startRouting(tape, arguments_, routed.weights);
    const { sizes, counts, ends } = total(tape, arguments_);
    const { tokens, sentRows } = sendChoices(tape, arguments_);
    tape.make("messages received", R * 2 * K, INT32);
    const rows = sendRows(tape, arguments_);
    const layout = layOut(tape, arguments_);
    return [
      experts,
      tokens,
      sentRows,
      layout.rows,
      layout.localExperts,
      layout.weights,
      layout.assignments,
      layout.parts,
      ends,
      ...[chosen, sizes, counts],
      ...rows,
    ];
  });
}

/** What is sent is held as long as what is received. */
function sendRows(tape: Tape, { sizes, kernels, size }: ExpertsArguments): readonly Value[] {
  const { T, H, sent: S, received: R } = sizes;
  return [
    gatherRows(tape, kernels, "rows sent", S, { first: T, columns: H, size }),
    tape.make("rows received", R * H, size),
  ];
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
