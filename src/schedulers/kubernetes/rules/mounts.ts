import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { podsOf } from "../section.ts";

export const PLN5074 = diagnostic("PLN5074", {
  severity: "error",
  messages: {
    default: text`two volumes cannot stand at ${"path"}`,
    shared: text`${"path"} is the memory that ranks share, and no place for a volume`,
    upward: text`the folder of a volume cannot lie outside of it: ${"path"}`,
  },
});

const sharedMemory = "/dev/shm";

/** Every volume has a place of its own in the container. */
export const mounts: Rule<PlanFacts> = {
  name: "mounts",
  *check({ plan }) {
    const first = new Map<string, number>();
    for (const [index, { mountPath, subPath }] of (podsOf(plan)?.volumes ?? []).entries()) {
      const at = (key: string, at = index) => plan.written.at(["cluster", "scheduler", "volumes", at, key]);
      const before = first.get(mountPath);
      if (mountPath === sharedMemory) yield PLN5074(at("mountPath"), { path: mountPath }, { variant: "shared" });
      else if (before !== undefined)
        yield PLN5074(
          at("mountPath"),
          { path: mountPath },
          { related: [{ message: "the other one is here", location: at("mountPath", before) }] },
        );
      else first.set(mountPath, index);
      if (subPath?.split("/").includes("..")) yield PLN5074(at("subPath"), { path: subPath }, { variant: "upward" });
    }
  },
};

export const pages = {
  PLN5074: {
    title: "volumes in each other's place",
    docs: `Every volume needs a place of its own in the container, and \`/dev/shm\` is taken: planc puts memory there, since
ranks and data loaders pass each other what a container's usual 64 MiB do not hold.

Wrong:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes:
      - { claimName: models, mountPath: /job/trainer_output }
      - { claimName: checkpoints, mountPath: /job/trainer_output }
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes:
      - { claimName: models, mountPath: /models, readOnly: true }
      - { claimName: checkpoints, mountPath: /job/trainer_output }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "at one place, over the shared memory, and outside of the volume",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    volumes:
      - { claimName: data, mountPath: /job/trainer_output }
      - { claimName: models, mountPath: /job/trainer_output }
#@ [41:60) PLN5074 two volumes cannot stand at /job/trainer_output
#@   related 6:[39:58) the other one is here
      - { claimName: scratch, mountPath: /dev/shm }
#@ [42:50) PLN5074 /dev/shm is the memory that ranks share, and no place for a volume
      - { claimName: data, mountPath: /old, subPath: ../old }
#@ [54:60) PLN5074 the folder of a volume cannot lie outside of it: ../old
`,
  },
  {
    name: "one claim at two places",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes:
      - { claimName: data, mountPath: /job/trainer_output }
      - { claimName: data, mountPath: /models, subPath: models, readOnly: true }
`,
  },
];
