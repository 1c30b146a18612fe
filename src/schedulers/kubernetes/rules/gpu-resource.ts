import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { suggest } from "../../../text/suggest.ts";
import { podsOf } from "../section.ts";

export const PLN5072 = diagnostic("PLN5072", {
  severity: "error",
  messages: {
    default: text`no device plugin counts GPUs as ${"resource"}; did you mean ${"near"}?`,
    slice: text`${"resource"} is a slice of a GPU, which has no links to other ranks`,
  },
});

const usual = ["nvidia.com/gpu"];

/** A name that is nearly the usual one is a slip, and a pod that asks for it stays pending. */
export const gpuResource: Rule<PlanFacts> = {
  name: "gpu-resource",
  *check({ plan }) {
    const resource = podsOf(plan)?.gpuResource;
    if (resource === undefined || usual.includes(resource)) return;
    const place = plan.written.at("cluster.scheduler.gpuResource");
    const near = suggest(resource, usual);
    if (resource.startsWith("nvidia.com/mig-")) yield PLN5072(place, { resource }, { variant: "slice" });
    else if (near !== undefined) yield PLN5072(place, { resource, near }, { fixes: [replaceWith(place, near)] });
  },
};

export const pages = {
  PLN5072: {
    title: "unknown GPU resource",
    docs: `\`gpuResource\` is the name by which the cluster counts its GPUs, \`nvidia.com/gpu\` unless the device plugin was
configured otherwise. A pod that asks for a resource that no node has stays pending, without an error. Slices of a GPU (MIG)
cannot talk to each other over NVLink, and NCCL gives a rank one at most.

Wrong:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    gpuResource: nvidia.com/gpus
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    gpuResource: nvidia.com/gpu
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "nearly the usual name",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    gpuResource: nvidia.com/gpus
#@ [18:33) PLN5072 no device plugin counts GPUs as nvidia.com/gpus; did you mean nvidia.com/gpu?
#@   fix "change it to nvidia.com/gpu" -> fine
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "slices of a GPU",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    gpuResource: nvidia.com/mig-3g.40gb
#@ [18:40) PLN5072 nvidia.com/mig-3g.40gb is a slice of a GPU, which has no links to other ranks
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "a site's own name",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    gpuResource: example.org/h100
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
];
