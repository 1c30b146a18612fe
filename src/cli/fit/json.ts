import { stateBytes } from "../../estimate/memory.ts";
import { json } from "../../text/json.ts";
import type { Row, View } from "./view.ts";

/** One object: the ranking, each plan with its text. */
export function fitJson({ rows, others, candidates, prices }: View): string {
  return json({
    version: 1,
    candidates,
    currency: prices?.currency ?? null,
    plans: rows.map(rowOf),
    others: others.map(rowOf),
  });
}

function rowOf({ proposal, offer, cost, used, left, why }: Row) {
  const { candidate, time, checked, diagnostics, text } = proposal;
  const { ep_size, fsdp_size, tp_size, dp_replicate_size } = candidate;
  return {
    offer: offer?.name ?? null,
    cluster: {
      gpu: candidate.machines.gpu,
      nodes: candidate.machines.nodes,
      gpus_per_node: candidate.machines.gpusPerNode,
    },
    parallelism: { ep_size, fsdp_size, tp_size, dp_replicate_size },
    parameters: candidate.parameters,
    recompute: candidate.recompute,
    per_device_train_batch_size: candidate.sequences,
    gradient_accumulation_steps: candidate.accumulation,
    tokens_per_step: checked.batch.tokens_per_step,
    time,
    cost_per_billion_tokens: cost,
    memory: { of: checked.cluster.gpu.memory, states: stateBytes(checked.memory), used, left },
    why: why === "" ? null : why,
    codes: [...new Set(diagnostics.map(({ code }) => code))],
    plan: text,
  };
}
