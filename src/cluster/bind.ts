import type { Case } from "../diagnostics/case.ts";
import { PLN5001 } from "../diagnostics/catalogue/launch.ts";
import { type Result, replaceWith } from "../diagnostics/diagnostic.ts";
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
  const near = suggest(name, gpus.keys());
  // Which of an H100's kinds it is nobody but the user knows.
  const kinds = [...gpus.keys()].filter((known) => known.startsWith(`${name.toLowerCase()}-`));
  const fixes = (near === undefined ? kinds : [near]).map((known) => replaceWith(location, known));
  return PLN5001(location, { name, known: [...gpus.keys()].join(", ") }, { fixes });
}

export const cases: readonly Case[] = [
  {
    name: "a GPU without its kind",
    plan: `
cluster: { gpu: H100, nodes: 1, gpus_per_node: 8 }
#@ [17:21) PLN5001 unknown GPU H100; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
#@   help: for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }
#@   fix "change it to h100-nvl-94gb" -> fine
#@   fix "change it to h100-pcie-80gb" -> fine
#@   fix "change it to h100-sxm-80gb" -> fine
`,
  },
  {
    name: "a GPU that is nearly one",
    plan: `
cluster:
  gpu: h100-sxm-80g
#@ [08:20) PLN5001 unknown GPU h100-sxm-80g; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
#@   help: for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }
#@   fix "change it to h100-sxm-80gb" -> fine
  nodes: 1
  gpus_per_node: 8
`,
  },
  {
    name: "a GPU that is like none",
    plan: `
cluster: { gpu: mi300x, nodes: 1, gpus_per_node: 8 }
#@ [17:23) PLN5001 unknown GPU mi300x; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
#@   help: for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }
`,
  },
  {
    name: "a GPU with its figures",
    shows: "nothing",
    plan: `
cluster: { gpu: { name: mi300x, memory_gb: 192 }, nodes: 1, gpus_per_node: 8 }
`,
  },
];
