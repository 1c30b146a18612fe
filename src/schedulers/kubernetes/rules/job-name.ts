import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { jobName, podsOf } from "../section.ts";

export const PLN5070 = diagnostic("PLN5070", {
  severity: "error",
  messages: {
    default: text`"${"name"}" cannot be the job's name in Kubernetes: that takes lower-case letters, digits and '-', and starts with a letter`,
    long: text`the job's name has ${"length"} characters; with the number of a pod behind it Kubernetes has room for ${"most"}`,
  },
});

/** RFC 1035: the Service that pods find each other by has the job's name. */
const label = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** The name of the job becomes that of its Service and, with a number, of its pods. */
export const jobNameRule: Rule<PlanFacts> = {
  name: "job-name",
  *check({ plan }) {
    const section = podsOf(plan);
    if (section === undefined) return;
    const name = jobName(plan, section);
    const place = plan.written.at(section.name === undefined ? "name" : "cluster.scheduler.name");
    const last = String(plan.cluster.nodes - 1).length;
    // Pods are called NAME-0, and those of a TrainJob NAME-node-0-0-abcde.
    const most = 63 - (section.kind === "kubernetes" ? "-".length : "-node-0--abcde".length) - last;
    if (!label.test(name)) {
      const near = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+/, "")
        .replace(/^(?![a-z])/, "job-")
        .slice(0, most)
        .replace(/-+$/, "");
      yield PLN5070(place, { name }, { help: `write another one as cluster.scheduler.name, for instance ${near}` });
    } else if (name.length > most) {
      const help = "write a shorter one as cluster.scheduler.name";
      yield PLN5070(place, { length: name.length, most }, { variant: "long", help });
    }
  },
};

export const pages = {
  PLN5070: {
    title: "no name for a job in Kubernetes",
    docs: `The job is called as the plan is, unless \`cluster.scheduler.name\` says otherwise. The name is also that of the
Service by which the pods find each other, and with a number behind it the host name of each pod: so it takes lower-case
letters, digits and dashes, starts with a letter, and is no longer than a host's name may be. The cluster would refuse it, or
accept it and start no pod.

Wrong:

\`\`\`yaml
name: Qwen3_EP8
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\`

Right:

\`\`\`yaml
name: Qwen3_EP8
cluster:
  scheduler:
    kind: kubernetes
    name: qwen3-ep8
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a plan's name with capitals and underscores",
    plan: `
name: Qwen3_EP8
#@ [07:16) PLN5070 "Qwen3_EP8" cannot be the job's name in Kubernetes: that takes lower-case letters, digits and '-', and starts with a letter
#@   help: write another one as cluster.scheduler.name, for instance qwen3-ep8
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "a plan's name that begins with a digit",
    plan: `
name: 3b
#@ [07:09) PLN5070 "3b" cannot be the job's name in Kubernetes: that takes lower-case letters, digits and '-', and starts with a letter
#@   help: write another one as cluster.scheduler.name, for instance job-3b
cluster:
  scheduler: { kind: trainjob, image: "r/train:1", volumes: [{ claimName: data, mountPath: /job/trainer_output }] }
`,
  },
  {
    name: "names that are too long with the pods' numbers",
    plan: `
cluster:
  nodes: 16
  scheduler:
    kind: kubernetes
    name: a23456789-123456789-123456789-123456789-123456789-123456789-1
#@ [11:72) PLN5070 the job's name has 61 characters; with the number of a pod behind it Kubernetes has room for 60
#@   help: write a shorter one as cluster.scheduler.name
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
parallelism: { ep_size: 4, fsdp_size: 128 }
`,
  },
  {
    name: "and sooner for a TrainJob",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    name: a23456789-123456789-123456789-123456789-123456789
#@ [11:60) PLN5070 the job's name has 49 characters; with the number of a pod behind it Kubernetes has room for 48
#@   help: write a shorter one as cluster.scheduler.name
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
  {
    name: "as long as it may be",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    name: a23456789-123456789-123456789-123456789-123456789-123456789-1
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
`,
  },
];
