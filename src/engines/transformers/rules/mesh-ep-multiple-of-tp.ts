import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt } from "./ep-size-advice.ts";

export const PLN3003 = diagnostic("PLN3003", {
  severity: "error",
  messages: { default: text`ep_size ${"ep_size"} is not a multiple of tp_size ${"tp_size"}` },
});

/** A tensor-parallel group shares one batch, so an EP group must hold whole ones. */
export const epMultipleOfTp: Rule<ModelFacts> = {
  name: "mesh-ep-multiple-of-tp",
  after: ["mesh-ep-needs-plan"],
  *check(facts) {
    const { ep_size, tp_size } = facts.sizes;
    if (ep_size === 1 || ep_size % tp_size === 0) return;
    yield PLN3003(
      epSizeAt(facts),
      { ep_size, tp_size },
      {
        ...epSizeAdvice(facts),
        related: [{ message: `tp_size is ${tp_size} here`, location: facts.plan.written.at("parallelism.tp_size") }],
      },
    );
  },
};

export const pages = {
  PLN3003: {
    title: "ep_size is not a multiple of tp_size",
    docs: `The ranks of a tensor-parallel group work on one batch. An expert-parallel group is made of whole such groups.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 2, fsdp_size: 2, tp_size: 4 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 4, fsdp_size: 2, tp_size: 4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "ep 2 below tp 4",
    plan: `
parallelism: { ep_size: 2, fsdp_size: 2, tp_size: 4 }
#@ [25:26) PLN3003 ep_size 2 is not a multiple of tp_size 4
#@   help: legal ep_size here: 1, 4 or 8
#@   related 1:[51:52) tp_size is 4 here
#@   fix "change it to 4" -> fine
`,
  },
  {
    name: "a multiple",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 8, fsdp_size: 4, tp_size: 2 }
`,
  },
];
