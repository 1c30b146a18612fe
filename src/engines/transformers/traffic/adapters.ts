import { bytesOf } from "../../../estimate/memory.ts";
import { allReduceBytes, gatherBytes } from "../../../estimate/traffic.ts";
import type { Placed } from "../../../stack/mesh.ts";
import type { ModelFacts } from "../facts.ts";
import type { Shards } from "./sharded.ts";

/**
 * Bytes that adapters send in an optimizer step, by axis. Those of linear layers are whole on every rank, and their gradients are
 * summed in float32. Those of experts are gathered in the compute format, twice in every micro-batch, and summed into shards.
 */
export function adapterTraffic({ plan, rows }: ModelFacts, adapters: readonly Placed[], ranks: Shards): Shards {
  const sums = { dp_replicate: 0, fsdp: 0, efsdp: 0 };
  for (const { parameter, placement, local_shape } of adapters) {
    const numbers = local_shape.reduce((product, size) => product * size, 1) * (parameter.layers?.length ?? 1);
    const gradient = numbers * bytesOf.float32;
    sums.dp_replicate += allReduceBytes(gradient, ranks.dp_replicate);
    const axis = (["fsdp", "efsdp"] as const).find((name) => name in placement);
    if (parameter.kind !== "expert") sums.fsdp += allReduceBytes(gradient, ranks.fsdp);
    else if (axis !== undefined) {
      const gathered = gatherBytes(numbers * bytesOf[plan.precision.compute], ranks[axis]);
      sums[axis] += 2 * gathered * rows.gradient_accumulation_steps + gatherBytes(gradient, ranks[axis]);
    }
  }
  return sums;
}
