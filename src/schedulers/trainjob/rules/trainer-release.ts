import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";

export const PLN5081 = diagnostic("PLN5081", {
  severity: "warning",
  messages: {
    default: text`Kubeflow Trainer 2.2 takes no grace period from a job: pods are killed 30 s after they were told to save, unless the runtime ${"runtime"} gives them longer`,
  },
  help: "write requeue: true, which brings a runtime with a grace period, or have the cluster's runtime say it",
});

/** The patch of a runtime has had a grace period since 2.3. */
export const trainerRelease: Rule<PlanFacts> = {
  name: "trainer-release",
  *check({ plan }) {
    const section = plan.cluster.scheduler;
    if (section.kind !== "trainjob" || section.trainer !== "2.2" || section.requeue) return;
    yield PLN5081(plan.written.at("cluster.scheduler.trainer"), { runtime: section.runtimeRef });
  },
};

export const pages = {
  PLN5081: {
    title: "no grace period with Kubeflow Trainer 2.2",
    docs: `A pod that is told to end gets SIGTERM, and SIGKILL 30 seconds later unless its specification says otherwise. A save of
a large model takes longer than that, so it is lost. A TrainJob can ask for more time since Kubeflow Trainer 2.3; with 2.2 only
a runtime can.

Wrong:

\`\`\`yaml
cluster:
  scheduler:
    kind: trainjob
    trainer: "2.2"
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: trainjob
    trainer: "2.2"
    requeue: true
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "Trainer 2.2 over the cluster's runtime",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    trainer: "2.2"
#@ [14:19) PLN5081 warning: Kubeflow Trainer 2.2 takes no grace period from a job: pods are killed 30 s after they were told to save, unless the runtime torch-distributed gives them longer
#@   help: write requeue: true, which brings a runtime with a grace period, or have the cluster's runtime say it
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "over a runtime of its own",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    trainer: "2.2"
    requeue: true
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
];
