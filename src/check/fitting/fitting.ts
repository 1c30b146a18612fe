import type { Fix } from "../../diagnostics/diagnostic.ts";
import { neededBytes } from "../../estimate/memory.ts";
import { fullShare } from "../../estimate/room.ts";
import type { Plan } from "../../plan/plan.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { bytes, orList } from "../../text/words.ts";
import { type Step, type Way, waysOf } from "./ways.ts";

/** A change after which the plan fits, tried out. */
interface Fitting {
  readonly steps: readonly Step[];
  /** Bytes that a rank then takes of its GPU. */
  readonly needed: number;
}

/** Pairs of changes that are told of, where no change does it alone. */
const mostPairs = 3;

/** Steps that are tried one after another. */
const fewSteps = 8;

/** What is asked of a plan that fits. */
export interface Aim {
  /** Assignments of the fullest rank over the mean. Left out: they are shared evenly. */
  readonly load?: number;
  /** The part of the GPU's memory that it may take. Left out: what leaves room for the figure's own error. */
  readonly share?: number;
}

/** The smallest changes that let a plan into its GPUs, each by itself, or two at once where none does alone. */
export function whatFits(facts: MeshFacts, aim: Aim = {}): readonly Fitting[] {
  const fits = (steps: readonly Step[]) => fitting(facts, steps, aim);
  const alone = waysOf(facts).flatMap((way) => smallest(fits, [], way) ?? []);
  return alone.length > 0 ? alone : pairs(facts, fits);
}

/** The same as a sentence for help texts; empty where nothing does. */
export function inWords(found: readonly Fitting[], lead = "it would fit with"): string {
  const words = found.map(({ steps, needed }) => `${steps.map((step) => step.words).join(" and ")} (${bytes(needed)})`);
  return words.length === 0 ? "" : `${lead} ${orList(words)}`;
}

/** The changes that text alone makes. */
export function fixesOf(found: readonly Fitting[]): readonly Fix[] {
  return found.flatMap(({ steps }): readonly Fix[] => {
    const [step, ...others] = steps;
    if (step?.edits === undefined || others.length > 0) return [];
    return [{ title: `write ${step.words}`, edits: step.edits }];
  });
}

type Fits = (steps: readonly Step[]) => Fitting | undefined;

function pairs(facts: MeshFacts, fits: Fits): readonly Fitting[] {
  // The last steps of a way may be refused: more machines than the model can be shared by.
  const accepted = ({ change }: Step) => facts.supposing(change(facts.plan)) !== undefined;
  const ways = waysOf(facts);
  const found: Fitting[] = [];
  for (const [index, first] of ways.entries()) {
    const strongest = first.findLast(accepted);
    if (strongest === undefined) continue;
    for (const second of ways.slice(index + 1)) {
      const other = smallest(fits, [strongest], second)?.steps.at(-1);
      const both = other && smallest(fits, [other], first);
      if (both !== undefined) found.push({ ...both, steps: [...both.steps].reverse() });
      if (found.length === mostPairs) return found;
    }
  }
  return found;
}

/** The first step of a way that fits together with the others. */
function smallest(fits: Fits, others: readonly Step[], way: Way): Fitting | undefined {
  const triedAt = (index: number) => fits([...others, ...way.slice(index, index + 1)]);
  if (way.length <= fewSteps) return firstOf(way.keys(), triedAt);
  // Of many steps each takes less than the one before.
  let best = triedAt(way.length - 1);
  if (best === undefined) return undefined;
  let [low, high] = [0, way.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = triedAt(middle);
    if (found === undefined) low = middle + 1;
    else [best, high] = [found, middle];
  }
  return best;
}

function firstOf<T>(indices: Iterable<number>, triedAt: (index: number) => T | undefined): T | undefined {
  for (const index of indices) {
    const found = triedAt(index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fitting(facts: MeshFacts, steps: readonly Step[], { load, share = fullShare }: Aim): Fitting | undefined {
  const supposed = facts.supposing(steps.reduce((plan, step) => step.change(plan), withLoad(facts.plan, load)));
  if (supposed === undefined) return undefined;
  const { memory, cluster } = supposed;
  const { observed, outside } = memory;
  const needed = load === undefined || observed === null ? neededBytes(memory) : observed.reserved + outside;
  return needed <= share * cluster.gpu.memory ? { steps, needed } : undefined;
}

function withLoad(plan: Plan, load: number | undefined): Plan {
  return { ...plan, parallelism: { ...plan.parallelism, rank_load: load ?? plan.parallelism.rank_load } };
}
