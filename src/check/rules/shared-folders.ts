import type { Case, Examples } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { plural } from "../../text/words.ts";

export const PLN5065 = diagnostic("PLN5065", {
  severity: "warning",
  messages: {
    default: text`${"path"} is mostly a folder of each machine's own: ${"machines"} write the parts of a checkpoint there that are read together`,
    conversion: text`${"path"} is mostly a folder of each machine's own: one machine converts the checkpoint into it, and ${"machines"} load it from there`,
  },
  help: "name a folder that all machines share; skip this where they do share that one",
});

/** Where machines keep what is theirs alone, by the names that systems and sites give it. */
const own =
  /^\/(tmp|var\/tmp|dev\/shm|run|raid|local|localdisk|localscratch|local_scratch|local-ssd|lscratch|ssd|nvme|(scratch|mnt|media|data)\/(local[a-z0-9_-]*|nvme[a-z0-9_-]*|ssd[a-z0-9_-]*|resource))(\/|$)/;

/** What ranks of several machines write together, or one writes for all, has to be in one place. */
export const sharedFolders: Rule<MeshFacts> = {
  name: "shared-folders",
  *check({ plan, cluster, conversion }) {
    if (cluster.nodes === 1) return;
    const machines = plural(cluster.nodes, "machine");
    const { output_dir } = plan.options;
    if (typeof output_dir === "string" && own.test(output_dir))
      yield PLN5065(plan.written.at([plan.task, "output_dir"]), { path: output_dir, machines });
    if (conversion.needed && own.test(conversion.checkpoint)) {
      const values = { path: conversion.checkpoint, machines };
      yield PLN5065(plan.written.at("model.checkpoint"), values, { variant: "conversion" });
    }
  },
};

export const pages = {
  PLN5065: {
    title: "a folder that the machines do not share",
    docs: `Every rank writes its part of a checkpoint, and one rank gives the folder its name when all parts are there. On several machines
that has to be one folder. \`/tmp\`, \`/dev/shm\` and a node's scratch disk are as many folders as there are machines: each would have a
checkpoint that lacks the others' parts. The same holds for a conversion, which one machine writes and all read.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 4 }
sft: { output_dir: /tmp/run }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 4 }
sft: { output_dir: /home/me/run }
\`\`\`

A checkpoint that is only read may lie on a disk of each machine's own, if it lies on all of them.`,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN5065: { beside: { parallelism: { ep_size: 4, fsdp_size: 8 } } },
};

export const cases: readonly Case[] = [
  {
    name: "scratch of a node",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 4 }
sft: { output_dir: /scratch/local_ssd/run }
#@ [20:42) PLN5065 warning: /scratch/local_ssd/run is mostly a folder of each machine's own: 2 machines write the parts of a checkpoint there that are read together
#@   help: name a folder that all machines share; skip this where they do share that one
`,
  },
  {
    name: "a conversion beside a checkpoint in /tmp",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 4 }
model: { config: config.json, checkpoint: /tmp/model, layout: fused }
#@ [43:53) PLN5065 warning: /tmp/model-gate_up is mostly a folder of each machine's own: one machine converts the checkpoint into it, and 2 machines load it from there
#@   help: name a folder that all machines share; skip this where they do share that one
sft: { output_dir: /tmpfs/run }
`,
  },
  {
    name: "names that begin alike, and one machine",
    shows: "nothing",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 4 }
sft: { output_dir: /localities/run }
`,
  },
  {
    name: "one machine",
    shows: "nothing",
    plan: `
sft: { output_dir: /tmp/run }
`,
  },
];
