import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { BatchOptions } from "../estimate/batch.ts";
import type { EmittedFile, Host } from "../host.ts";
import type { Plan } from "../plan/plan.ts";
import type { Literal } from "../text/literal.ts";
import type { Issues, Minimum, Release, Rules } from "./engine.ts";
import type { MeshFacts, ModelFacts } from "./facts.ts";
import type { Package } from "./loading.ts";

/** One way to train, in one release of a trainer: supervised fine-tuning, and what else comes. */
export interface Task {
  /** The plan's section with the options: "sft". */
  readonly key: string;
  /** Of the trainer. */
  readonly release: string;
  /** The class that the options are of: "SFTConfig". */
  readonly config_class: string;
  /** The class that trains: "SFTTrainer". */
  readonly trainer_class: string;
  /** What the release asks of packages beside it. */
  readonly minimums: readonly Minimum[];
  /** What the rows come to. Values of a wrong type, which a rule reports, count as the default. */
  rows(plan: Plan): Rows;
  /** Options, by name, that make the optimizer keep fewer states than the plan's, the most states first. */
  lighterOptimizers(plan: Plan): readonly Readonly<Record<string, string>>[];
  /** Packages beside the stack that the options ask for. */
  packages(plan: Plan): readonly Package[];
  /** Judges the first rows of the plan's data where they lie on this machine; nothing that is written depends on it. */
  judgeRows(host: Host, plan: Plan): Promise<readonly Diagnostic[]>;
  /** What the trainer adds to the loss, in a sentence for readers; undefined where there is nothing to say. */
  lossInWords(facts: Pick<ModelFacts, "plan" | "model">): string | undefined;
  /** Whether the loss has a term of the routers' logits, which all layers keep for it. */
  keepsRouterLogits(facts: Pick<ModelFacts, "plan" | "model">): boolean;
  /** Whether the loss is of whole logits, which the trainer otherwise never makes. */
  makesLogits(plan: Plan): boolean;
  /** Whether the job holds the model a second time, frozen, where the model itself is trained. */
  readonly hasReference: boolean;
  /** Why the fullest moment of a step and what it sends are not worked out, behind "not known: "; undefined where they are. */
  readonly unplayed: string | undefined;
  /** Options of a rehearsal: the plan's that decide loss and gradients, without what makes two runs differ. */
  toyOptions(plan: Plan, size: ToySize): Readonly<Record<string, Literal>>;
  /** Options of a new plan. `tried`: the same plan without them, checked. */
  starter(asked: Starter, tried: Pick<ModelFacts, "plan" | "model"> | undefined): readonly StarterOption[];
}

/** How much a rehearsal trains. */
export interface ToySize {
  readonly steps: number;
  /** Tokens of a sequence. */
  readonly length: number;
}

/** What a new plan is asked for. */
export interface Starter {
  readonly name: string;
  readonly maxLength: number;
  /** Sequences of a micro-batch, and micro-batches of a step. */
  readonly sequences: number;
  readonly accumulation: number;
  /** Trains adapters in place of the model. */
  readonly lora: boolean;
}

/** An option of a new plan, `text` as it is written there, below a comment where it needs one. */
export interface StarterOption {
  readonly name: string;
  readonly text: string;
  readonly comment?: string;
}

/** One release of a trainer. */
export interface TrainerRelease<T extends Task = Task> {
  readonly version: string;
  /** What it trains with on each release of the engine that planc has read it with, the newest last. */
  readonly pairs: readonly Pair<T>[];
}

/** A release of a trainer on a release of an engine, which the trainer's options depend on too. */
export interface Pair<T extends Task = Task> {
  /** The engine's release. */
  readonly engine: string;
  readonly tasks: readonly T[];
}

/** Who runs the loop. */
export interface Trainer<R extends Release = Release, T extends Task = Task> {
  /** As a plan writes it under `stack.trainer`, and under `stack.versions`. */
  readonly name: string;
  /** The releases that planc has read, ascending. */
  readonly releases: readonly TrainerRelease<T>[];
  readonly rules: Rules<R, T>;
  readonly issues: Issues<R, T>;
  /** The trainer's programs of a bundle; `train.py` is the first. */
  files(facts: MeshFacts<R, T>): Promise<readonly EmittedFile[]>;
}

/** What the trainer makes of the rows: what estimates and the engine's rules have to know of its options. */
export interface Rows extends BatchOptions {
  /** The option that puts several documents into a row and keeps them apart; undefined where none does. */
  readonly packed_by: string | undefined;
  /** Whether a row can hold padding, or documents that a mask has to keep apart. */
  readonly is_padded: boolean;
  /** Numbers that the optimizer keeps for each number of a parameter. */
  readonly optimizer_states: number;
  /** Whether gradients are clipped by their norm. */
  readonly clips: boolean;
}
