import type { Machines } from "../../cluster/links.ts";
import type { Plan } from "../../plan/plan.ts";
import type { AttentionSize } from "../attention.ts";

/** How a model is trained on a cluster: what of a plan decides how long a step takes. */
export interface Run {
  readonly machines: Machines;
  readonly sizes: {
    readonly ep_size: number;
    readonly fsdp_size: number;
    readonly tp_size: number;
    readonly dp_replicate_size: number;
  };
  /** Tokens of a sequence, sequences of a micro-batch, micro-batches of a step. */
  readonly batch: { readonly length: number; readonly sequences: number; readonly accumulation: number };
  readonly precision: Plan["precision"];
  readonly recompute: Plan["recompute"];
  readonly ep_implementation: Plan["parallelism"]["ep_implementation"];
  readonly attention: Pick<AttentionSize, "kind" | "isMasked">;
  /** Assignments of the fullest rank over the mean of its group. */
  readonly load: number;
  /** Numbers that the optimizer keeps for each number of a parameter. */
  readonly optimizer_states: number;
  /** Gradients are clipped by their norm. */
  readonly clips: boolean;
  /** The loss is of whole logits. */
  readonly makesLogits: boolean;
  /** Adapters that are trained in place of the model. */
  readonly adapters: readonly AdapterWork[] | null;
}

/** Two matrices of low rank on a parameter of so many layers. */
export interface AdapterWork {
  readonly layers: number;
  readonly r: number;
  /** Experts that have one each; null where it is on a linear layer. */
  readonly experts: number | null;
  readonly in_features: number;
  readonly out_features: number;
}
