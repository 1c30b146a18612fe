import type { Plan } from "../plan/plan.ts";
import type { Candidate } from "./candidate.ts";

/** A plan of the same model with what a candidate chooses. */
export function planOf(plan: Plan, candidate: Candidate): Plan {
  const { machines, ep_size, fsdp_size, tp_size, dp_replicate_size, parameters, recompute } = candidate;
  return {
    ...plan,
    cluster: { ...plan.cluster, gpu: machines.gpu, nodes: machines.nodes, gpus_per_node: machines.gpusPerNode },
    parallelism: { ...plan.parallelism, ep_size, fsdp_size, tp_size, dp_replicate_size },
    precision: { ...plan.precision, parameters },
    recompute,
    options: {
      ...plan.options,
      per_device_train_batch_size: candidate.sequences,
      gradient_accumulation_steps: candidate.accumulation,
    },
  };
}
