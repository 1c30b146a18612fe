import type { Cluster } from "../cluster/cluster.ts";
import type { AttentionSize } from "../estimate/attention.ts";
import type { Batch, Memory } from "../estimate/estimate.ts";
import type { Units } from "../estimate/step/fsdp.ts";
import type { Calibration } from "../estimate/time/calibration.ts";
import type { StepTime, UnknownTime } from "../estimate/time/time.ts";
import type { TrafficByAxis } from "../estimate/traffic.ts";
import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import type { LayoutName, VersionsSection } from "../plan/types.ts";
import type { Source } from "../source/source.ts";
import type { Adapter } from "./adapter.ts";
import type { Engine, Release } from "./engine.ts";
import type { Conversion, Export, Package } from "./loading.ts";
import type { Mesh, MeshSizes, Placed } from "./mesh.ts";
import type { Rows, Task, Trainer } from "./trainer.ts";

/**
 * What rules and files can look at, stage by stage. Those of the mesh are there only where no rule of the engine or the
 * trainer about the model reported an error.
 * An engine's own rules know its releases as `R`, a trainer's own its tasks as `T`.
 */

/** The plan alone, and who runs it. */
export interface PlanFacts<R extends Release = Release, T extends Task = Task> {
  readonly plan: Plan;
  readonly engine: Engine;
  /** The engine's release that the plan names; the nearest where planc has not read that. */
  readonly release: R;
  readonly trainer: Trainer;
  /** What the plan trains with, in the trainer's release, found as the engine's is. */
  readonly task: T;
  readonly rows: Rows;
  /** The releases that planc itself is tested with, together. */
  readonly tested: VersionsSection;
  /** What a machine was measured to reach, where someone measured. */
  readonly calibration?: Calibration | undefined;
}

/** With the config.json as it is written, whether or not a model can be made of it. */
export interface ConfigFacts<R extends Release = Release, T extends Task = Task> extends PlanFacts<R, T> {
  readonly config: Source;
}

/** With the model and the cluster: what the plan's facts are bound to. */
export interface BoundFacts<R extends Release = Release, T extends Task = Task> extends PlanFacts<R, T> {
  readonly model: Model;
  readonly cluster: Cluster;
  /** How the plan's checkpoint stores its experts. */
  readonly layout: LayoutName;
}

/** What computes attention. */
export interface Attention {
  readonly implementation: string;
  /** The same where CPU processes can train with it, else what takes its place there. */
  readonly on_cpu: string;
}

/** What an engine derives from a bound plan; sizes not yet known to fit together. */
export interface Derived {
  readonly sizes: MeshSizes;
  /** Full path → style: the release's default for the family with the plan's rules merged over it. */
  readonly epPlan: Readonly<Record<string, string>>;
  readonly attention: Attention;
  /** What a plan with `lora` trains; undefined where the whole model is trained. */
  readonly adapter: Adapter | undefined;
  /** The job computes the family's norms and positions with a kernel each. */
  readonly hasFusedNorms: boolean;
}

export interface ModelFacts<R extends Release = Release, T extends Task = Task> extends BoundFacts<R, T>, Derived {}

/** What an engine solves of a plan whose sizes fit together. */
export interface Solved {
  readonly mesh: Mesh;
  readonly placed: readonly Placed[];
  /** What a plan with `lora` trains, of which the model's own parameters are not; empty where the whole model is trained. */
  readonly adapters: readonly Placed[];
  /** What is gathered and reduced together. */
  readonly units: Units;
  /** What attention works on, on one rank and in one micro-batch. */
  readonly attentionSize: AttentionSize;
  readonly traffic: TrafficByAxis;
  readonly conversion: Conversion;
  readonly export: Export;
  /** Packages beside the stack that the job needs. */
  readonly packages: readonly Package[];
}

/** With the mesh solved and every parameter placed. */
export interface MeshFacts<R extends Release = Release, T extends Task = Task> extends ModelFacts<R, T>, Solved {
  readonly memory: Memory;
  readonly batch: Batch;
  readonly time: StepTime | UnknownTime;
  /** What would be known of another plan of the same model; undefined where a rule refuses it for anything but its memory. */
  readonly supposing: (plan: Plan) => MeshFacts | undefined;
}
