import type { Cluster } from "../cluster/cluster.ts";
import type { Placed } from "../engines/transformers/placement/place.ts";
import type { Release } from "../engines/transformers/releases/release.ts";
import type { Batch, Memory } from "../estimate/estimate.ts";
import type { Model } from "../model/model.ts";
import type { Plan } from "../plan/plan.ts";
import type { Mesh, MeshSizes } from "./mesh.ts";

/** What rules can look at, stage by stage: each stage's rules run only when the stage before reported no error. */

/** The plan alone: options, versions, precision. */
export interface PlanFacts {
  readonly plan: Plan;
  /** The release that `stack.versions.transformers` names; these rules run against 5.23.0 when it is another. */
  readonly release: Release;
}

/** With the model and the cluster bound; sizes not yet known to fit together. */
export interface ModelFacts extends PlanFacts {
  readonly model: Model;
  readonly cluster: Cluster;
  readonly sizes: MeshSizes;
  /** Full path → style: the release's default for the family with the plan's rules merged over it. */
  readonly epPlan: Readonly<Record<string, string>>;
}

/** With the mesh solved and every parameter placed. */
export interface MeshFacts extends ModelFacts {
  readonly mesh: Mesh;
  readonly placed: readonly Placed[];
  readonly memory: Memory;
  readonly batch: Batch;
}
