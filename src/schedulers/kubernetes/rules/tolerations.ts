import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { podsOf } from "../section.ts";

export const PLN5077 = diagnostic("PLN5077", {
  severity: "error",
  messages: {
    default: text`a toleration with the operator Exists takes no value`,
    key: text`a toleration without a key takes the operator Exists`,
  },
});

/** What Kubernetes refuses of a toleration. */
export const tolerations: Rule<PlanFacts> = {
  name: "tolerations",
  *check({ plan }) {
    for (const [index, { key, operator, value }] of (podsOf(plan)?.tolerations ?? []).entries()) {
      const path = ["cluster", "scheduler", "tolerations", index];
      if (operator === "Exists" && value !== undefined && value !== "")
        yield PLN5077(plan.written.at([...path, "value"]), {});
      if (operator !== "Exists" && key === undefined) yield PLN5077(plan.written.at(path), {}, { variant: "key" });
    }
  },
};

export const pages = {
  PLN5077: {
    title: "toleration that Kubernetes refuses",
    docs: `A toleration names a taint by its key, and with the operator \`Equal\`, which is the default, by its value. With
\`Exists\` any value will do, so none may be written; without a key every taint is meant, which only \`Exists\` can say.

Wrong:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
    tolerations: [{ key: nvidia.com/gpu, operator: Exists, value: present }]
\`\`\`

Right:

\`\`\`yaml
cluster:
  scheduler:
    kind: kubernetes
    image: registry.example.org/train:1
    volumes: [{ claimName: checkpoints, mountPath: /job/trainer_output }]
    tolerations: [{ key: nvidia.com/gpu, operator: Exists }]
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a value that nothing is compared with, and no key to compare",
    plan: `
cluster:
  scheduler:
    kind: kubernetes
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    tolerations:
      - { key: nvidia.com/gpu, operator: Exists, value: present }
#@ [57:64) PLN5077 a toleration with the operator Exists takes no value
      - { effect: NoSchedule }
#@ [09:31) PLN5077 a toleration without a key takes the operator Exists
`,
  },
  {
    name: "of every taint, and of one with a value",
    shows: "nothing",
    plan: `
cluster:
  scheduler:
    kind: trainjob
    image: r/train:1
    volumes: [{ claimName: data, mountPath: /job/trainer_output }]
    tolerations: [{ operator: Exists }, { key: team, value: red, effect: NoExecute }]
`,
  },
];
