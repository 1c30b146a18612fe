import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { inContainer, podsOf } from "../section.ts";

export const PLN5075 = diagnostic("PLN5075", {
  severity: "warning",
  messages: {
    default: text`the run writes to ${"path"}, which lies in no volume: its checkpoints and the model go with the pod`,
    readOnly: text`the run writes to ${"path"}, which lies in the read-only volume at ${"mountPath"}`,
  },
  help: "mount a claim there, or set output_dir to a folder in one; all pods write to it",
});

/** What the trainer takes where the plan names no folder. */
const unnamed = "trainer_output";

/** A pod that starts again goes on from its checkpoints, so these have to outlive it. */
export const outputVolume: Rule<PlanFacts> = {
  name: "output-volume",
  *check({ plan }) {
    const section = podsOf(plan);
    if (section === undefined) return;
    const written = plan.options["output_dir"];
    const path = inContainer(typeof written === "string" ? written.replace(/^\.\//, "") : unnamed, section);
    const place = plan.written.at(`${plan.task}.output_dir`, written === undefined ? "key" : "value");
    const [volume] = (section.volumes ?? [])
      .filter(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`))
      .sort((a, b) => b.mountPath.length - a.mountPath.length);
    if (volume === undefined) yield PLN5075(place, { path });
    else if (volume.readOnly === true)
      yield PLN5075(place, { path, mountPath: volume.mountPath }, { variant: "readOnly" });
  },
};

export const pages = {
  PLN5075: {
    title: "output that goes with the pod",
    docs: `What a container writes outside of its volumes is deleted with its pod. A job that was preempted would start again
from nothing, and a finished one would leave no model. The output folder has to be the same one for all pods: a claim that
many nodes may write to (\`ReadWriteMany\`). A relative \`output_dir\` counts from the bundle's folder, as long as the plan
does not lie in the container too.

Wrong:

\`\`\`yaml
cluster:
  scheduler: { kind: kubernetes, image: "registry.example.org/train:1" }
sft: { output_dir: output/qwen3, save_strategy: "no" }
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /data }]
sft: { output_dir: /data/qwen3, save_strategy: "no" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "in no volume",
    plan: `
cluster:
  scheduler: { kind: kubernetes, image: r/train:1, volumes: [{ claimName: data, mountPath: /data }] }
sft: { output_dir: /database/run }
#@ [20:33) PLN5075 warning: the run writes to /database/run, which lies in no volume: its checkpoints and the model go with the pod
#@   help: mount a claim there, or set output_dir to a folder in one; all pods write to it
`,
  },
  {
    name: "in the trainer's own folder below the bundle",
    plan: `
cluster:
  scheduler: { kind: trainjob, image: r/train:1 }
sft: { max_steps: 10 }
#@ [01:04) PLN5075 warning: the run writes to /job/trainer_output, which lies in no volume: its checkpoints and the model go with the pod
#@   help: mount a claim there, or set output_dir to a folder in one; all pods write to it
`,
  },
  {
    name: "in a volume that takes nothing, which lies in one that does",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    volumes:
      - { claimName: data, mountPath: /data }
      - { claimName: models, mountPath: /data/models, readOnly: true }
sft: { output_dir: /data/models/run }
#@ [20:36) PLN5075 warning: the run writes to /data/models/run, which lies in the read-only volume at /data/models
#@   help: mount a claim there, or set output_dir to a folder in one; all pods write to it
`,
  },
  {
    name: "in a volume",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    bundle: /work/bundle
    volumes: [{ claimName: data, mountPath: /work }]
sft: { output_dir: ./run }
`,
  },
];
