import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { pace, savedBytes, saveSeconds } from "../../../estimate/storage.ts";
import type { MeshFacts } from "../../../stack/facts.ts";
import { bytes } from "../../../text/words.ts";
import { podsOf } from "../section.ts";

export const PLN5076 = diagnostic("PLN5076", {
  severity: "warning",
  messages: {
    default: text`a pod is killed ${"grace"} s after it was told to save; a step and a save of ${"size"} a node take about ${"needed"} s at ${"pace"} GB/s`,
  },
  help: "leave terminationGracePeriodSeconds out for planc's own figure; a shorter one is right where storage is faster",
});

/** A save that is cut off is lost, with all steps since the one before. */
export const gracePeriodRule: Rule<MeshFacts> = {
  name: "grace-period",
  *check(facts) {
    const grace = podsOf(facts.plan)?.terminationGracePeriodSeconds;
    const needed = saveSeconds(facts);
    if (grace === undefined || grace >= needed) return;
    const place = facts.plan.written.at("cluster.scheduler.terminationGracePeriodSeconds");
    yield PLN5076(place, { grace, size: bytes(savedBytes(facts)), needed, pace });
  },
};

export const pages = {
  PLN5076: {
    title: "pods are killed before they have saved",
    docs: `A pod that is deleted, evicted or preempted gets SIGTERM, and SIGKILL when \`terminationGracePeriodSeconds\` are over.
In between the step has to end, and every rank has to write its parameters and its optimizer's states. planc counts two
minutes and the bytes of a node at 0.5 GB/s, which is what storage shared by many pods often gives. Clusters may have an upper
limit of their own, for machines that can be taken away above all.

Wrong:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
    terminationGracePeriodSeconds: 30
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "as Kubernetes has it",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    terminationGracePeriodSeconds: 30
#@ [36:38) PLN5076 warning: a pod is killed 30 s after it was told to save; a step and a save of 341.2 GiB a node take about 853 s at 0.5 GB/s
#@   help: leave terminationGracePeriodSeconds out for planc's own figure; a shorter one is right where storage is faster
`,
  },
  {
    name: "a day",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    terminationGracePeriodSeconds: 86400
`,
  },
];
