import type { Case } from "../diagnostics/case.ts";
import { PLN5001, PLN5060 } from "../diagnostics/catalogue/launch.ts";
import { type Result, replaceWith } from "../diagnostics/diagnostic.ts";
import type { Plan } from "../plan/plan.ts";
import { suggest } from "../text/suggest.ts";
import { bytes, count } from "../text/words.ts";
import type { Cluster, Gpu } from "./cluster.ts";
import { gpus, type OtherGpu, otherGpus } from "./gpus.ts";

/** Looks up the plan's GPU and counts the ranks. Source of the figures: the driver's own total for each GPU type. */
export function bindCluster(plan: Plan): Result<Cluster> {
  const { gpu: written, nodes, gpus_per_node } = plan.cluster;
  const other = withoutCuda(typeof written === "string" ? written : written.name);
  if (other !== undefined) return { value: undefined, diagnostics: [runsNoCuda(plan, other)] };
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

/** A known GPU of that model that runs no CUDA, whoever gives its figures. */
function withoutCuda(name: string): OtherGpu | undefined {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  return otherGpus.find((other) => words.includes(other.name.split("-")[0] ?? ""));
}

function runsNoCuda(plan: Plan, { name, memory, peakFlops, runtime }: OtherGpu) {
  const figures = `${bytes(memory)}, ${count(Math.round(peakFlops / 1e12))} TFLOP/s in bfloat16`;
  const asLarge = [...gpus.values()].filter((gpu) => gpu.memory >= memory).map((gpu) => gpu.name);
  const help = `with as much memory: ${asLarge.join(", ")}`;
  return PLN5060(plan.written.at("cluster.gpu"), { name, figures, runtime }, { help });
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
#@ [17:21) PLN5001 unknown GPU H100; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, b300-sxm-288gb, gb200-nvl-186gb, gb300-nvl-288gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
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
#@ [08:20) PLN5001 unknown GPU h100-sxm-80g; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, b300-sxm-288gb, gb200-nvl-186gb, gb300-nvl-288gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
#@   help: for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }
#@   fix "change it to h100-sxm-80gb" -> fine
  nodes: 1
  gpus_per_node: 8
`,
  },
  {
    name: "a GPU that is like none",
    plan: `
cluster: { gpu: tpu-v5p, nodes: 1, gpus_per_node: 8 }
#@ [17:24) PLN5001 unknown GPU tpu-v5p; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, b300-sxm-288gb, gb200-nvl-186gb, gb300-nvl-288gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
#@   help: for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }
`,
  },
  {
    name: "a GPU with its figures",
    shows: "nothing",
    plan: `
cluster: { gpu: { name: gpu-192, memory_gb: 192 }, nodes: 1, gpus_per_node: 8 }
`,
  },
  {
    name: "one that runs no CUDA",
    plan: `
cluster: { gpu: mi300x, nodes: 1, gpus_per_node: 8 }
#@ [17:23) PLN5060 a mi300x-oam-192gb (192.0 GiB, 1,307 TFLOP/s in bfloat16) runs ROCm; a bundle runs on CUDA alone
#@   help: with as much memory: b300-sxm-288gb, gb300-nvl-288gb
`,
  },
  {
    name: "the same by its figures",
    plan: `
cluster: { gpu: { name: AMD Instinct MI300X, memory_gb: 192 }, nodes: 1, gpus_per_node: 8 }
#@ [17:62) PLN5060 a mi300x-oam-192gb (192.0 GiB, 1,307 TFLOP/s in bfloat16) runs ROCm; a bundle runs on CUDA alone
#@   help: with as much memory: b300-sxm-288gb, gb300-nvl-288gb
`,
  },
];
