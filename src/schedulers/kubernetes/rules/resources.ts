import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { suggest } from "../../../text/suggest.ts";
import { podsOf } from "../section.ts";

export const PLN5071 = diagnostic("PLN5071", {
  severity: "error",
  messages: {
    default: text`there is no resource ${"resource"} in Kubernetes; those of device plugins have a domain in front, as in rdma/ib`,
    near: text`there is no resource ${"resource"} in Kubernetes; did you mean ${"near"}?`,
    gpus: text`a pod gets ${"written"} of ${"resource"} here, and cluster.gpus_per_node is ${"gpus"}`,
    second: text`${"resource"} counts GPUs as well as ${"own"}, of which a pod gets ${"gpus"}`,
    whole: text`${"resource"} is counted in whole numbers, not ${"written"}`,
  },
});

/** What Kubernetes counts itself, beside huge pages of any size. */
const own = ["cpu", "memory", "ephemeral-storage"];

/** What a pod gets is there to be had, and is not said twice in two ways. */
export const resources: Rule<PlanFacts> = {
  name: "resources",
  *check({ plan }) {
    const section = podsOf(plan);
    const gpus = plan.cluster.gpus_per_node;
    for (const [resource, value] of Object.entries(section?.resources ?? {})) {
      const path = ["cluster", "scheduler", "resources", resource];
      const [key, place] = [plan.written.at(path, "key"), plan.written.at(path)];
      const written = String(value);
      const isDevice = resource.includes("/");
      if (!isDevice && !own.includes(resource) && !resource.startsWith("hugepages-")) {
        const near = suggest(resource, own);
        if (near === undefined) yield PLN5071(key, { resource });
        else yield PLN5071(key, { resource, near }, { variant: "near", fixes: [replaceWith(key, near)] });
      } else if (isDevice && !/^[0-9]+([kMGTPE]|[KMGTPE]i)?$/.test(written)) {
        yield PLN5071(place, { resource, written }, { variant: "whole" });
      } else if (resource === section?.gpuResource && written !== String(gpus)) {
        const related = [
          { message: `gpus_per_node is ${gpus} here`, location: plan.written.at("cluster.gpus_per_node") },
        ];
        const help = "leave it out: pods get gpus_per_node";
        yield PLN5071(place, { resource, written, gpus }, { variant: "gpus", related, help });
      } else if (resource.endsWith("/gpu") && resource !== section?.gpuResource) {
        const values = { resource, own: section?.gpuResource ?? "", gpus };
        yield PLN5071(key, values, { variant: "second", help: "name the one that counts in gpuResource" });
      }
    }
  },
};

export const pages = {
  PLN5071: {
    title: "resources that no pod can have",
    docs: `Kubernetes counts \`cpu\`, \`memory\`, \`ephemeral-storage\` and huge pages; everything else comes from device plugins and
has a domain in front of its name. A pod that asks for what no node has stays pending without an error. GPUs are the
cluster's \`gpus_per_node\`, which the job's ranks are counted by: a second number beside it would leave ranks without a GPU,
or GPUs without a rank.

Wrong:

\`\`\`yaml
cluster:
  gpus_per_node: 8
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    resources: { cpus: 96, nvidia.com/gpu: 4 }
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpus_per_node: 8
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    resources: { cpu: 96, memory: 900Gi }
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "resources that there are not",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    resources: { cpus: 96, infiniband: 1, memory: 900Gi }
#@ [18:22) PLN5071 there is no resource cpus in Kubernetes; did you mean cpu?
#@   fix "change it to cpu" -> PLN5071
#@ [28:38) PLN5071 there is no resource infiniband in Kubernetes; those of device plugins have a domain in front, as in rdma/ib
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "GPUs counted twice, and parts of a device",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  gpus_per_node: 8
  nodes: 1
  scheduler:
    kind: trainjob
    image: r/train:1
    resources: { nvidia.com/gpu: 4, amd.com/gpu: 8, rdma/ib: 500m, cpu: 500m }
#@ [34:35) PLN5071 a pod gets 4 of nvidia.com/gpu here, and cluster.gpus_per_node is 8
#@   help: leave it out: pods get gpus_per_node
#@   related 3:[18:19) gpus_per_node is 8 here
#@ [37:48) PLN5071 amd.com/gpu counts GPUs as well as nvidia.com/gpu, of which a pod gets 8
#@   help: name the one that counts in gpuResource
#@ [62:66) PLN5071 rdma/ib is counted in whole numbers, not 500m
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "the same number of GPUs again, and devices of several kinds",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    resources: { nvidia.com/gpu: 8, rdma/ib: 8, hugepages-2Mi: 5Gi, vpc.amazonaws.com/efa: "32", ephemeral-storage: 1.5Ti }
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
];
