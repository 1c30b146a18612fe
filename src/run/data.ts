import { wayTo } from "../bundle/place.ts";
import { writeBundle } from "../bundle/write.ts";
import { compilePlan } from "../compiler.ts";
import type { WriteWorld } from "./prepare.ts";
import { runModule } from "./python.ts";

/** What `planc_runtime.data` prints. */
export interface Becoming {
  readonly version: 1;
  readonly parts?: readonly Part[];
  /** A mistake that is of all rows: no tokenizer. */
  readonly error?: string;
}

/** The rows to train on, or those to evaluate on. */
export interface Part {
  readonly name: "train" | "evaluation";
  readonly path: string;
  readonly split: string;
  /** Why the trainer cannot take them; nothing else is there then. */
  readonly error?: string;
  readonly kind?: string;
  readonly columns?: readonly string[];
  readonly notes?: readonly string[];
  readonly summary?: Summary;
  readonly sequences?: readonly Sequence[];
}

/** Of a sample of rows; see `planc_runtime/data/summary.py`. */
export interface Summary {
  readonly rows: number;
  readonly tokens: number;
  readonly longest: number;
  readonly truncated: number;
  readonly dropped: number;
  readonly empty: number;
  readonly sequences: number;
  readonly prepared: number;
  readonly in_loss: number;
  readonly largest_token: number;
  readonly max_length: number | null;
}

/** One sequence as the model gets it. */
export interface Sequence {
  /** Number of the row; null where rows are packed. */
  readonly row: number | null;
  /** Lengths of the documents in it. */
  readonly documents: readonly number[];
  readonly tokens: readonly Token[];
}

export type Token = readonly [id: number, text: string, inLoss: boolean, special: boolean];

/**
 * Lets the plan's own programs, written to an empty folder, say what its rows become.
 *
 * @throws Error where they end without saying anything, with their last words.
 */
export async function becomingOf(
  world: WriteWorld,
  file: string,
  { python, folder, args }: { readonly python: string; readonly folder: string; readonly args: readonly string[] },
): Promise<Becoming> {
  const bundle = `${folder}/bundle`;
  const files = (await compilePlan(world, file, () => wayTo(file, bundle))).value?.files;
  if (files === undefined || writeBundle(world.host, bundle, files).value === undefined)
    throw new Error(`cannot write to ${folder}`);
  const ended = await runModule(python, bundle, "planc_runtime.data", [`${bundle}/plan.lock.json`, ...args]);
  if (ended.status !== 0) throw new Error(ended.stderr.trim().split("\n").at(-1) ?? "it ended without a word");
  return JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "");
}
