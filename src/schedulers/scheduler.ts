import type { StepNode } from "../graph/program.ts";
import type { EmittedFile } from "../host.ts";
import type { Scheduling } from "../plan/scheduling.ts";
import type { MeshFacts } from "../stack/facts.ts";

/** What a scheduler is to start. */
export interface Job {
  readonly facts: MeshFacts;
  /** The plan's path from the bundle, null where it has none. */
  readonly place: string | null;
  /** The checkpoint that a conversion reads, and the one that it writes and the job loads. */
  readonly checkpoint: { readonly source: string; readonly output: string };
  /** In the order in which they run. */
  readonly steps: readonly StepNode[];
  /** What pip or uv is told to install what the programs need, as options. */
  readonly install: readonly string[];
}

/** Who brings a job to its machines, where `launch.sh` runs on each. `S`: its section of the plan. */
export interface Scheduler<S extends Scheduling = Scheduling> {
  /** Its files of a bundle, the one to submit first; none where `launch.sh` is enough. */
  files(job: Job, section: S): readonly EmittedFile[];
  /** What each of its files is, by path. */
  readonly purposes: Readonly<Record<string, string>>;
  /** How a bundle is submitted, and how its job is followed. */
  submission(facts: MeshFacts, section: S): Submission;
}

/**
 * Commands that submit a job, which run in the bundle's folder, and those for a person who follows it. In their words `{bundle}` stands for the bundle's folder, and
 * `{name}` for what an earlier command printed.
 */
export interface Submission {
  readonly steps: readonly SubmitStep[];
  readonly follow: readonly Hint[];
}

/** One command. */
export interface SubmitStep extends Hint {
  /** Whether options of the trainer's program may be put behind it. */
  readonly takesOptions?: true;
  /** Whether it is the job itself: it goes on as long as the job does, in the folder where it was asked for. */
  readonly isJob?: true;
  /** The name under which later commands know the first word that this one prints. */
  readonly prints?: string;
  /** What takes it back where a later command fails. */
  readonly undo?: readonly string[];
}

/** A command, and what it does. */
export interface Hint {
  readonly command: readonly string[];
  readonly what: string;
}
