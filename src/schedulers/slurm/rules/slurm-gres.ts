import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";

export const PLN5031 = diagnostic("PLN5031", {
  severity: "error",
  messages: {
    default: text`gres asks for ${"asked"} GPUs of a node, and the plan runs on cluster.gpus_per_node ${"gpus"}`,
  },
});

/** What Slurm is asked for is what the ranks use. */
export const slurmGres: Rule<PlanFacts> = {
  name: "slurm-gres",
  *check({ plan }) {
    const { scheduler: section, gpus_per_node: gpus } = plan.cluster;
    if (section.kind !== "slurm" || section.gres === undefined) return;
    const [, front = "", asked = ""] = /^(.*:)(\d+)$/.exec(section.gres) ?? [];
    if (Number(asked) === gpus) return;
    const place = plan.written.at("cluster.scheduler.gres");
    yield PLN5031(place, { asked, gpus }, { fixes: [replaceWith(place, `${front}${gpus}`)] });
  },
};

export const pages = {
  PLN5031: {
    title: "GPUs of a node, asked for in two ways",
    docs: `\`cluster.gpus_per_node\` is how many ranks a node gets. Where a site wants \`--gres\` or the GPUs' type, \`gres\` says how to
ask, for as many.

Wrong:

\`\`\`yaml
cluster:
  gpus_per_node: 8
  scheduler: { kind: slurm, gres: "gpu:h100:4" }
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpus_per_node: 8
  scheduler: { kind: slurm, gres: "gpu:h100:8" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "fewer than the ranks of a node",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, gres: "gpu:h100:4" } }
#@ [108:120) PLN5031 gres asks for 4 GPUs of a node, and the plan runs on cluster.gpus_per_node 8
#@   fix "change it to gpu:h100:8" -> fine
`,
  },
  {
    name: "as many",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8, scheduler: { kind: slurm, partition: gpu, gres: "gpu:8" } }
`,
  },
];
