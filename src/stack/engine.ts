import type { Rule } from "../diagnostics/rule.ts";
import type { EmittedFile } from "../host.ts";
import type { KnownTypes } from "../model/find-family.ts";
import type { Plan, Provenance } from "../plan/plan.ts";
import type { BoundFacts, ConfigFacts, Derived, MeshFacts, ModelFacts, PlanFacts, Solved } from "./facts.ts";
import type { IssuesOf } from "./issue.ts";
import type { Task } from "./trainer.ts";

/** One release of an engine: what the pipeline asks of it. The engine's own rules and files know more. */
export interface Release extends KnownTypes {
  readonly version: string;
  /** What it asks of packages beside it. */
  readonly minimums: readonly Minimum[];
}

/** The least release of another package. */
export interface Minimum {
  readonly package: "torch" | "accelerate";
  readonly version: string;
  readonly why: string;
  /** Left out: always. */
  readonly when?: (plan: Plan) => boolean;
}

/** Who shards and runs the model. */
export interface Engine<R extends Release = Release> {
  /** As a plan writes it under `stack.engine`, and under `stack.versions`. */
  readonly name: string;
  /** The releases that planc has read, ascending. */
  readonly releases: readonly R[];
  readonly rules: Rules<R>;
  readonly issues: Issues<R>;
  /** What follows from a plan, its model and its cluster, whether or not it can work. */
  derive(facts: BoundFacts<R>): Derived;
  /** Only for facts that the rules about the model let through. */
  solve(facts: ModelFacts<R>): Solved;
  /** Dotted path of the lock → why the value is what it is. */
  provenance(facts: MeshFacts<R>): Provenance;
  /** The engine's programs of a bundle, in the order in which a reader wants to meet them. */
  files(facts: MeshFacts<R>): Promise<readonly EmittedFile[]>;
}

/** Rules by the facts that they look at. Of two errors at one place the first rule's is reported. */
export interface Rules<R extends Release = Release, T extends Task = Task> {
  /** About the plan alone. */
  readonly plan: readonly Rule<PlanFacts<R, T>>[];
  /** About the config.json alone. */
  readonly config: readonly Rule<ConfigFacts<R, T>>[];
  /** About the plan against the model and the cluster. */
  readonly model: readonly Rule<ModelFacts<R, T>>[];
  /** About what a rank holds. */
  readonly mesh: readonly Rule<MeshFacts<R, T>>[];
}

/** What is known to be wrong with releases of the stack, where the engine or the trainer can recognise it. */
export type Issues<R extends Release = Release, T extends Task = Task> = IssuesOf<PlanFacts<R, T>, ModelFacts<R, T>>;
