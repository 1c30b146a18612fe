import { stateBytes, usedBytes } from "../../estimate/memory.ts";
import type { Proposal } from "../../fit/fit.ts";
import { gpusOf, type Machines } from "../../fit/request.ts";
import { bytes, count, plural } from "../../text/words.ts";

/** Why the plan is as it is, as its comments. `asked`: the machines that there are. */
export function notesOf({ checked, candidate, time }: Proposal, asked: Machines): string[] {
  const { model, cluster, memory, batch, sizes } = checked;
  const experts = plural(model.sizes.num_experts / sizes.ep_size, "expert");
  const used = usedBytes(memory);
  const states = `parameters, gradients and optimizer states take ${bytes(stateBytes(memory))}`;
  const peak = used === null ? "" : `, a step at its peak ${bytes(used)}`;
  const [taken, all] = [gpusOf(candidate.machines), gpusOf(asked)];
  const pace = time === null ? "" : `; about ${count(Math.round(time.tokens_per_second_per_gpu))} a second and GPU`;
  return [
    `${experts} of ${model.sizes.num_experts} on a rank; ${states}${peak} of ${bytes(cluster.gpu.memory)}`,
    `${batch.exact ? "" : "up to "}${count(batch.tokens_per_step ?? 0)} tokens a step${pace}`,
    ...(taken === all ? [] : [`${taken} of ${all} GPUs: the model cannot be shared by more of them`]),
  ];
}
