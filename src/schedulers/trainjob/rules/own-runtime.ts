import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";

export const PLN5080 = diagnostic("PLN5080", {
  severity: "error",
  messages: {
    default: text`${"key"} takes requeue: true: a patch of the runtime ${"runtime"} cannot say it`,
    runtime: text`with requeue: true the job brings a runtime of its own, in the place of ${"runtime"}`,
  },
});

/** What `runtimePatches` has no field for, in no release yet. */
const unpatchable = ["envFrom", "priorityClassName", "backoffLimitPerIndex"];

/** A TrainJob builds on a runtime of the cluster, which it may patch in parts, or on its own. */
export const ownRuntime: Rule<PlanFacts> = {
  name: "own-runtime",
  *check({ plan }) {
    const section = plan.cluster.scheduler;
    if (section.kind !== "trainjob") return;
    const written = (key: string) => plan.written.has(`cluster.scheduler.${key}`);
    const at = (key: string) => plan.written.at(`cluster.scheduler.${key}`, "key");
    const runtime = section.runtimeRef;
    if (section.requeue) {
      if (written("runtimeRef"))
        yield PLN5080(at("runtimeRef"), { runtime }, { variant: "runtime", help: "leave one of them out" });
      return;
    }
    const late = section.trainer === "2.2" ? ["terminationGracePeriodSeconds"] : [];
    for (const key of [...unpatchable, ...late].filter(written))
      yield PLN5080(at(key), { key, runtime }, { help: "write requeue: true, or have the runtime say it" });
  },
};

export const pages = {
  PLN5080: {
    title: "option of another runtime",
    docs: `Without \`requeue\` a TrainJob builds on a runtime that the cluster has, and patches it. Such a patch reaches volumes, places,
the grace period and a few things more; environment from secrets, the priority class and restarts are the runtime's. With
\`requeue: true\` planc writes a TrainingRuntime for the job, which says all of it and takes the place of \`runtimeRef\`.

Wrong:

\`\`\`yaml
cluster:
  scheduler:
    kind: trainjob
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
    priorityClassName: high
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: trainjob
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
    requeue: true
    priorityClassName: high
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "what a patch cannot say",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    envFrom: [huggingface]
#@ [05:12) PLN5080 envFrom takes requeue: true: a patch of the runtime torch-distributed cannot say it
#@   help: write requeue: true, or have the runtime say it
    priorityClassName: high
#@ [05:22) PLN5080 priorityClassName takes requeue: true: a patch of the runtime torch-distributed cannot say it
#@   help: write requeue: true, or have the runtime say it
    backoffLimitPerIndex: 3
#@ [05:25) PLN5080 backoffLimitPerIndex takes requeue: true: a patch of the runtime torch-distributed cannot say it
#@   help: write requeue: true, or have the runtime say it
`,
  },
  {
    name: "what only the patch of a later release can say",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    trainer: "2.2"
#@ [14:19) PLN5081 warning: Kubeflow Trainer 2.2 takes no grace period from a job: pods are killed 30 s after they were told to save, unless the runtime torch-distributed gives them longer
#@   help: write requeue: true, which brings a runtime with a grace period, or have the cluster's runtime say it
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    terminationGracePeriodSeconds: 900
#@ [05:34) PLN5080 terminationGracePeriodSeconds takes requeue: true: a patch of the runtime torch-distributed cannot say it
#@   help: write requeue: true, or have the runtime say it
`,
  },
  {
    name: "two runtimes",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    requeue: true
    runtimeRef: torch-distributed
#@ [05:15) PLN5080 with requeue: true the job brings a runtime of its own, in the place of torch-distributed
#@   help: leave one of them out
`,
  },
  {
    name: "a runtime of its own that says all of it",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    requeue: true
    envFrom: [huggingface]
    priorityClassName: high
    backoffLimitPerIndex: 10
`,
  },
];
