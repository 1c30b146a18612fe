import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { mayBeHubId } from "../../../plan/hub-id.ts";
import type { Skypilot } from "../../../plan/scheduling.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { plural } from "../../../text/words.ts";

export const PLN5061 = diagnostic("PLN5061", {
  severity: "error",
  messages: {
    default: text`the trained model goes to ${"path"}, on a disk that is given back with its machine when the job ends`,
    apart: text`the checkpoints go to ${"path"}, a disk that each of ${"machines"} has for itself`,
    several: text`the checkpoints go to ${"path"}, which ${"machines"} see through a bucket: none of them sees what another is writing`,
  },
});

export const PLN5062 = diagnostic("PLN5062", {
  severity: "warning",
  messages: { default: text`nothing brings ${"path"} to the machines that are rented` },
  help: "name it in cluster.scheduler.file_mounts or volumes, or use a Hub id; skip this where the image has it",
});

const mount = 'mount a bucket, file_mounts: { /checkpoints: { source: "s3://BUCKET" } }, and write below it';

/** Rented disks come empty and go with their machines. */
export const rentedDisks: Rule<PlanFacts> = {
  name: "rented-disks",
  *check({ plan }) {
    const { nodes, scheduler } = plan.cluster;
    if (scheduler.kind !== "skypilot") return;
    const { output_dir, push_to_hub } = plan.options;
    const path = typeof output_dir === "string" ? output_dir : `output/${plan.name}`;
    const location = plan.written.at([plan.task, "output_dir"]);
    const kept = Object.entries(scheduler.file_mounts).filter(([, { mode }]) => mode !== "COPY");
    const isInBucket = kept.some(([folder]) => isBelow(path, folder));
    const isInVolume = Object.keys(scheduler.volumes).some((folder) => isBelow(path, folder));
    if (!isInBucket && !isInVolume && scheduler.managed && push_to_hub !== true)
      yield PLN5061(location, { path }, { help: mount });
    else if (!isInVolume && nodes > 1) {
      const help = "write to a file system that all machines share: cluster.scheduler.volumes";
      const values = { path, machines: plural(nodes, "machine") };
      yield PLN5061(location, values, { variant: isInBucket ? "several" : "apart", help });
    }
    const read = [
      ["model.checkpoint", plan.model.checkpoint],
      ["model.tokenizer", plan.model.tokenizer],
      ["data.path", plan.data.path],
      ["data.eval_path", plan.data.evaluation?.path],
    ] as const;
    for (const [key, from] of read) {
      if (from === undefined || mayBeHubId(from) || !plan.written.has(key)) continue;
      if (mountsOf(scheduler).some((folder) => isBelow(from, folder))) continue;
      yield PLN5062(plan.written.at(key), { path: from });
    }
  },
};

function mountsOf({ file_mounts, volumes }: Skypilot): readonly string[] {
  return [...Object.keys(file_mounts), ...Object.keys(volumes)];
}

/** Relative paths count from the folder in which SkyPilot starts a task. */
function isBelow(path: string, folder: string): boolean {
  const whole = path.startsWith("/") || path.startsWith("~/") ? path : `~/sky_workdir/${path.replace(/^\.\//, "")}`;
  const above = folder.replace(/\/+$/, "");
  return whole === above || whole.startsWith(`${above}/`);
}

export const pages = {
  PLN5061: {
    title: "a trained model that goes with its machine",
    docs: `The machines of a managed job are given back when it ends, and others take their place where the cloud takes them away. What
lies on their disks is gone then: the trained model, and the checkpoints from which a job that lost its machines goes on.

Wrong:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot }
sft: { output_dir: output/run }
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, file_mounts: { /checkpoints: { source: "s3://my-bucket" } } }
sft: { output_dir: /checkpoints/run }
\`\`\`

With \`managed: false\` the machines stay until \`sky down\`. Ranks on several machines write one checkpoint together, so they need
one file system; a bucket that each machine mounts by itself is none. A volume of SkyPilot's can be one, as is a network volume of
Kubernetes that many pods may write to.`,
  },
  PLN5062: {
    title: "a path that is not on rented machines",
    docs: `A machine comes with the bundle, which SkyPilot copies to \`~/sky_workdir\`, and with what the task mounts. Another path of the
plan has to be in the machine's image, or the preflight ends the job once the machine is paid for.

Wrong:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, managed: false }
data: { path: /data/rows.parquet }
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, managed: false, file_mounts: { /data: { source: "s3://my-rows", mode: COPY } } }
data: { path: /data/rows.parquet }
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN5062: { beside: { model: { checkpoint: "/data/model" } } },
};

export const cases: readonly Case[] = [
  {
    name: "a managed job that writes to its machine, by a path and by none",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, volumes: { /checkpoints: models, /data: rows } }
sft: { output_dir: /mnt/run }
#@ [20:28) PLN5061 the trained model goes to /mnt/run, on a disk that is given back with its machine when the job ends
#@   help: mount a bucket, file_mounts: { /checkpoints: { source: "s3://BUCKET" } }, and write below it
`,
  },
  {
    name: "a copy of a bucket is no bucket, and a name that begins like a mount is below none",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, file_mounts: { /job: { source: "s3://b", mode: COPY }, /j: { source: "s3://c" } }, volumes: { /checkpoints: models, /data: rows } }
sft: { output_dir: /job/1 }
#@ [20:26) PLN5061 the trained model goes to /job/1, on a disk that is given back with its machine when the job ends
#@   help: mount a bucket, file_mounts: { /checkpoints: { source: "s3://BUCKET" } }, and write below it
`,
  },
  {
    name: "two machines and one bucket",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 2
  gpus_per_node: 4
  scheduler: { kind: skypilot, file_mounts: { /job: { source: "s3://b" } }, volumes: { /checkpoints: models, /data: rows } }
sft: { output_dir: /job/1 }
#@ [20:26) PLN5061 the checkpoints go to /job/1, which 2 machines see through a bucket: none of them sees what another is writing
#@   help: write to a file system that all machines share: cluster.scheduler.volumes
`,
  },
  {
    name: "two machines that stay, each with its disk",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 2
  gpus_per_node: 4
  scheduler: { kind: skypilot, managed: false, volumes: { /checkpoints: models, /data: rows } }
sft: { output_dir: /mnt/run }
#@ [20:28) PLN5061 the checkpoints go to /mnt/run, a disk that each of 2 machines has for itself
#@   help: write to a file system that all machines share: cluster.scheduler.volumes
`,
  },
  {
    name: "folders that no rented machine has",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 1
  gpus_per_node: 8
  scheduler: { kind: skypilot, managed: false, file_mounts: { /data: { source: "s3://rows" } } }
model: { config: config.json, checkpoint: ../models/qwen3, tokenizer: ./tokenizer }
#@ [43:58) PLN5062 warning: nothing brings ../models/qwen3 to the machines that are rented
#@   help: name it in cluster.scheduler.file_mounts or volumes, or use a Hub id; skip this where the image has it
#@ [71:82) PLN5062 warning: nothing brings ./tokenizer to the machines that are rented
#@   help: name it in cluster.scheduler.file_mounts or volumes, or use a Hub id; skip this where the image has it
data: { path: /data/rows.parquet, eval_path: /rows/eval.parquet }
#@ [46:64) PLN5062 warning: nothing brings /rows/eval.parquet to the machines that are rented
#@   help: name it in cluster.scheduler.file_mounts or volumes, or use a Hub id; skip this where the image has it
sft: { eval_strategy: epoch }
`,
  },
  {
    name: "a bucket, a volume of two machines, and the Hub",
    shows: "nothing",
    plan: `
cluster:
  gpu: h100-sxm-80gb
  nodes: 2
  gpus_per_node: 4
  scheduler: { kind: skypilot, volumes: { /job: shared, /checkpoints: models, /data: rows } }
sft: { output_dir: /job/1 }
`,
  },
];
