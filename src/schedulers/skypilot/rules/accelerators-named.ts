import { gpus } from "../../../cluster/gpus.ts";
import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { suggest } from "../../../text/suggest.ts";
import { orList } from "../../../text/words.ts";
import { accelerators, acceleratorsOf, parts } from "../accelerators.ts";

export const PLN5068 = diagnostic("PLN5068", {
  severity: "error",
  messages: {
    default: text`SkyPilot has no GPU ${"name"}; known are ${"known"}`,
    unnamed: text`planc does not know what SkyPilot calls a ${"gpu"}`,
  },
});

export const PLN5069 = diagnostic("PLN5069", {
  severity: "error",
  messages: {
    default: text`a machine with ${"accelerators"} has ${"count"} where gpus_per_node is ${"gpus_per_node"}`,
    gpu: text`the plan is for a ${"gpu"}, which SkyPilot calls ${"names"}, not ${"name"}`,
  },
});

const place = "cluster.scheduler.accelerators";

/** What is rented is what the plan was judged for. SkyPilot takes any name, and looks for such a machine for ever. */
export const acceleratorsNamed: Rule<PlanFacts> = {
  name: "accelerators-named",
  *check({ plan }) {
    const { gpu: written, gpus_per_node, scheduler } = plan.cluster;
    if (scheduler.kind !== "skypilot") return;
    // Another rule reports it.
    if (typeof written === "string" && !gpus.has(written)) return;
    const gpu = typeof written === "string" ? written : written.name;
    const own = acceleratorsOf(gpu);
    const asked = scheduler.accelerators;
    if (asked === undefined) {
      const help = "write cluster.scheduler.accelerators, as sky show-gpus names it";
      if (own.length === 0) yield PLN5068(plan.written.at("cluster.gpu"), { gpu }, { variant: "unnamed", help });
      return;
    }
    const location = plan.written.at(place);
    const { name, count } = parts(asked);
    const ofName = asked.includes(":") ? `:${gpus_per_node}` : "";
    // A GPU that the plan describes by its figures may have any name.
    if (own.length > 0 && !accelerators.includes(name)) {
      const near = suggest(name, accelerators);
      const fixes = near === undefined ? [] : [replaceWith(location, near + ofName)];
      yield PLN5068(location, { name, known: accelerators.join(", ") }, { fixes });
    } else if (own.length > 0 && !own.includes(name)) {
      const fixes = [replaceWith(location, own[0] + ofName)];
      yield PLN5069(location, { gpu, names: orList(own), name }, { variant: "gpu", fixes });
    } else if (asked.includes(":") && count !== gpus_per_node) {
      const fixes = [replaceWith(location, name + ofName)];
      yield PLN5069(location, { accelerators: asked, count, gpus_per_node }, { fixes });
    }
  },
};

export const pages = {
  PLN5068: {
    title: "a GPU that SkyPilot does not rent",
    docs: `SkyPilot takes any name for a GPU: it may be one of a Kubernetes cluster's own. With a name that nobody has, the job waits
for a machine that never comes.

Wrong:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "H1OO:8", managed: false }
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "H100:8", managed: false }
\`\`\`

Left out, the name follows from \`cluster.gpu\`. For a GPU that the plan gives by its figures, write it: any name is taken then.`,
  },
  PLN5069: {
    title: "other GPUs than the plan's",
    docs: `A plan is judged for the GPUs of \`cluster.gpu\`, \`gpus_per_node\` of them on a machine. Machines with others are not what was
judged: memory may not suffice, and ranks have no GPU each.

Wrong:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "H100:4", managed: false }
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, managed: false }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a letter in place of a digit",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "H1OO:8", managed: false, volumes: { /checkpoints: models, /data: rows } }
#@ [46:54) PLN5068 SkyPilot has no GPU H1OO; known are A100, A100-80GB, A100-80GB-SXM, A10G, A800, B200, B300, GB200, GB300, H100, H100-80GB, H100-MEGA, H100-MEGA-80GB, H100-NVL, H100-SXM, H200, H200-SXM, L4, L40S, RTX4090, RTX5090, RTXPRO6000
`,
  },
  {
    name: "fewer of them",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "H100-SXM:4", managed: false, volumes: { /checkpoints: models, /data: rows } }
#@ [46:58) PLN5069 a machine with H100-SXM:4 has 4 where gpus_per_node is 8
#@   fix "change it to H100-SXM:8" -> fine
`,
  },
  {
    name: "fewer of another GPU",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "A100-80GB:4", managed: false, volumes: { /checkpoints: models, /data: rows } }
#@ [46:59) PLN5069 the plan is for a h100-sxm-80gb, which SkyPilot calls H100, H100-80GB, H100-MEGA, H100-MEGA-80GB or H100-SXM, not A100-80GB
#@   fix "change it to H100:8" -> fine
`,
  },
  {
    name: "a GPU that planc knows by no name of SkyPilot's",
    plan: `
cluster:
  gpu: { name: my-gpu, memory_gb: 96 }
#@ [08:39) PLN5068 planc does not know what SkyPilot calls a my-gpu
#@   help: write cluster.scheduler.accelerators, as sky show-gpus names it
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, managed: false, volumes: { /checkpoints: models, /data: rows } }
`,
  },
  {
    name: "a GPU that nobody knows",
    shows: "nothing",
    plan: `
cluster:
  gpu: h101
#@ [08:12) PLN5001 unknown GPU h101; known are a10g-pcie-24gb, a100-pcie-40gb, a100-pcie-80gb, a100-sxm-40gb, a100-sxm-80gb, a800-sxm-80gb, b200-sxm-180gb, b300-sxm-288gb, gb200-nvl-186gb, gb300-nvl-288gb, h20-sxm-96gb, h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb, h200-nvl-141gb, h200-sxm-141gb, h800-sxm-80gb, l4-pcie-24gb, l40s-pcie-48gb, rtx4090-pcie-24gb, rtx5090-pcie-32gb, rtxpro6000-pcie-96gb
#@   help: for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, managed: false, volumes: { /checkpoints: models, /data: rows } }
`,
  },
  {
    name: "one with a name of its own, and another name of a known one",
    shows: "nothing",
    plan: `
cluster:
  gpu: { name: my-gpu, memory_gb: 96 }
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, accelerators: "mygpu:8", managed: false, volumes: { /checkpoints: models, /data: rows } }
`,
  },
];
