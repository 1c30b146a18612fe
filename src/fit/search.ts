/**
 * The plans that fit, best first. Every candidate's time is foreseen, which costs a twentieth of a millisecond; whether it fits costs a
 * hundred times as much, and is asked in the order of time until enough are found.
 */
import type { Trials } from "../compiler.ts";
import { policiesByWork } from "../estimate/recompute.ts";
import { type StepTime, timeOf } from "../estimate/time/time.ts";
import { workOf } from "../estimate/time/work.ts";
import type { FloatName, RecomputeName } from "../plan/types.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { ratesFor, runOf } from "../stack/step-time.ts";
import { batchesOf, type Candidate, type Layout, meshes } from "./candidate.ts";
import { gpusOf, type Machines } from "./request.ts";
import { Rooms } from "./rooms.ts";

/** What is searched. */
export interface Space {
  readonly machines: readonly Machines[];
  /** Formats of the parameters, those of the last only where nothing fits with the others. */
  readonly formats: readonly FloatName[];
  /** Sequences of a step; undefined for one of each rank that has a batch of its own. */
  readonly sequences: number | undefined;
  /** Nobody asks what another format would give. */
  readonly isOneFormat?: true;
  /** Of candidates with the same key only the best is found: the mesh, where nothing else is asked for. */
  readonly keyOf?: (candidate: Candidate) => unknown;
}

/** A candidate with its time; null where that is not known. */
export interface Timed {
  readonly candidate: Candidate;
  readonly time: StepTime | null;
}

export interface Found {
  /** Of each key the best candidate, best first. */
  readonly plans: readonly Timed[];
  /** Those that would be better and do not fit, best first; of each key the best. */
  readonly tooLarge: readonly Timed[];
  /** The best with parameters in a format that the plans do not have. */
  readonly others: readonly Timed[];
  /** How many candidates there were. */
  readonly candidates: number;
  /** Whether some fails for nothing but memory. */
  readonly isMemory: boolean;
  /** The least bytes that a step was found to take of a GPU where it does not fit; null where none was. */
  readonly least: number | null;
}

/** What is the better, the less: the time of a token where nothing else is asked for. */
export type Measure = (timed: Timed) => number;

/** Of a token, all GPUs together: of steps of as many tokens that is their seconds. */
const secondsOf: Measure = ({ time, candidate }) =>
  time === null ? Number.POSITIVE_INFINITY : 1 / (time.tokens_per_second_per_gpu * gpusOf(candidate.machines));

/**
 * @param most plans that are wanted.
 * @param accepts what is asked of a plan at last; a plan that it refuses is not among those that are found.
 */
export function search(
  trials: Trials,
  space: Space,
  most: number,
  accepts: (candidate: Candidate) => boolean,
  measure: Measure = secondsOf,
): Found {
  const rooms = new Rooms(trials);
  const { timed, isMemory } = candidatesOf(trials, rooms, space);
  const byFormat = space.formats.map((format) => {
    const own = timed.filter(({ candidate }) => candidate.parameters === format);
    return own.map((each) => [measure(each), each] as const).sort(([a], [b]) => compare(a, b));
  });
  const walks: Walked[] = [];
  for (const sorted of byFormat) {
    const isOther = walks.some(({ roomy }) => roomy.length > 0);
    if (isOther && space.isOneFormat) break;
    walks.push(walk(sorted, rooms, isOther ? 1 : most, accepts, space.keyOf ?? meshOf));
  }
  const first = walks.find(({ roomy }) => roomy.length > 0) ?? walks.find(({ tight }) => tight.length > 0);
  const plans = first === undefined ? [] : first.roomy.length > 0 ? first.roomy : first.tight;
  const others = walks.flatMap((walked) => (walked === first ? [] : walked.roomy.slice(0, 1)));
  return {
    plans,
    tooLarge: first?.tooLarge ?? [],
    others,
    candidates: timed.length,
    least: rooms.least,
    isMemory: isMemory || walks.some(({ tooLarge }) => tooLarge.length > 0),
  };
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

interface Walked {
  readonly roomy: readonly Timed[];
  readonly tight: readonly Timed[];
  readonly tooLarge: readonly Timed[];
}

/** Takes of each key the first that has room, in the order of what it is measured by. */
function walk(
  sorted: readonly (readonly [number, Timed])[],
  rooms: Rooms,
  most: number,
  accepts: (candidate: Candidate) => boolean,
  keyOf: (candidate: Candidate) => unknown,
): Walked {
  const [roomy, tight, tooLarge] = [new Map<unknown, Timed>(), new Map<unknown, Timed>(), new Map<unknown, Timed>()];
  for (const [, timed] of sorted) {
    if (roomy.size === most) break;
    const key = keyOf(timed.candidate);
    if (roomy.has(key)) continue;
    const room = rooms.of(timed.candidate);
    if (room === "refused") continue;
    const place = room === "roomy" ? roomy : room === "tight" ? tight : tooLarge;
    if (place.has(key) || (place !== tooLarge && (place.size === most || !accepts(timed.candidate)))) continue;
    place.set(key, timed);
  }
  return { roomy: [...roomy.values()], tight: [...tight.values()], tooLarge: [...tooLarge.values()] };
}

function meshOf({ machines, ep_size, fsdp_size, tp_size, dp_replicate_size }: Candidate): string {
  return [machines.gpu, machines.nodes, machines.gpusPerNode, ep_size, fsdp_size, tp_size, dp_replicate_size].join();
}

/** Every candidate whose states may fit, with its time, in an order that tells apart those whose times do not. */
function candidatesOf(trials: Trials, rooms: Rooms, { machines, formats, sequences }: Space) {
  const { max_length } = trials.plan.options;
  const length = typeof max_length === "number" ? max_length : null;
  const policies: readonly RecomputeName[] = [...policiesByWork(trials.model, length), "full"];
  const timed: Timed[] = [];
  let isMemory = false;
  for (const each of machines) {
    const candidates: Candidate[] = [];
    for (const parameters of formats) {
      for (const mesh of meshes(each, trials.model.sizes.num_experts)) {
        const layout: Layout = { ...mesh, parameters };
        const mayHold = rooms.mayHold(layout, each);
        isMemory ||= !mayHold;
        if (!mayHold) continue;
        for (const batches of batchesOf(layout, sequences))
          for (const recompute of policies) candidates.push({ ...layout, ...batches, machines: each, recompute });
      }
    }
    const timing = timingOf(rooms, candidates);
    for (const candidate of candidates) timed.push({ candidate, time: timing(candidate) });
  }
  return { timed, isMemory };
}

/** The time of candidates on the same machines: all but what they choose is that of the first that the rules accept. */
function timingOf(rooms: Rooms, candidates: readonly Candidate[]) {
  const unknown = () => null;
  let mesh: MeshFacts | undefined;
  for (const candidate of candidates) {
    mesh = rooms.judge(candidate).mesh;
    if (mesh !== undefined) break;
  }
  const rates = mesh && ratesFor(mesh.cluster.gpu, mesh.calibration);
  const work = mesh && workOf(mesh.model, mesh.hasFusedNorms);
  const run = mesh && runOf(mesh);
  if (!rates || work === undefined || "unknown" in work || !run) return unknown;
  return (candidate: Candidate): StepTime | null => {
    const { recompute, sequences, accumulation, parameters } = candidate;
    const time = timeOf(
      work,
      {
        ...run,
        sizes: candidate,
        batch: { ...run.batch, sequences, accumulation },
        precision: { ...run.precision, parameters },
        recompute,
      },
      rates,
    );
    return "unknown" in time ? null : time;
  };
}
