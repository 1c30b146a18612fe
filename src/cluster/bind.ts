import { PLN5001 } from "../diagnostics/catalogue/launch.ts";
import type { Result } from "../diagnostics/diagnostic.ts";
import { replaceWith } from "../diagnostics/fix.ts";
import type { Plan } from "../plan/plan.ts";
import { suggest } from "../text/suggest.ts";
import type { Cluster, Gpu } from "./cluster.ts";
import { gpus } from "./gpus.ts";

/** Looks up the plan's GPU and counts the ranks. Source of the figures: the driver's own total for each GPU type. */
export function bindCluster(plan: Plan): Result<Cluster> {
  const { gpu: written, nodes, gpus_per_node } = plan.cluster;
  const gpu: Gpu | undefined =
    typeof written === "string"
      ? gpus.get(written)
      : {
          name: written.name,
          memory: written.memory_gb * 1e9,
          deviceName: undefined,
          capability: undefined,
          peakFlops: undefined,
          links: undefined,
        };
  if (gpu === undefined) return { value: undefined, diagnostics: [unknownGpu(plan, String(written))] };
  return { value: { gpu, nodes, gpus_per_node, world_size: nodes * gpus_per_node }, diagnostics: [] };
}

function unknownGpu(plan: Plan, name: string) {
  const location = plan.written.at("cluster.gpu");
  const near =
    suggest(name, gpus.keys()) ?? [...gpus.keys()].find((known) => known.startsWith(`${name.toLowerCase()}-`));
  const fixes = near === undefined ? [] : [replaceWith(location, near)];
  return PLN5001(location, { name, known: [...gpus.keys()].join(", ") }, { fixes });
}
