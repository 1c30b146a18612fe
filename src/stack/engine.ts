import type { KnownTypes } from "../model/find-family.ts";
import type { Plan, Provenance } from "../plan/plan.ts";
import type { EmittedFile } from "../text/file.ts";
import type { BoundFacts, Derived, MeshFacts, ModelFacts, Solved } from "./facts.ts";
import type { Rules } from "./rules.ts";

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
  /** What follows from a plan, its model and its cluster, whether or not it can work. */
  derive(facts: BoundFacts<R>): Derived;
  /** Only for facts that the rules about the model let through. */
  solve(facts: ModelFacts<R>): Solved;
  /** Dotted path of the lock → why the value is what it is. */
  provenance(facts: MeshFacts<R>): Provenance;
  /** The engine's programs of a bundle, in the order in which a reader wants to meet them. */
  files(facts: MeshFacts<R>): Promise<readonly EmittedFile[]>;
}
