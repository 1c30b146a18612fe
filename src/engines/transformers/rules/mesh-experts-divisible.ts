import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt, expertsAt } from "./ep-size-advice.ts";

export const PLN3002 = diagnostic("PLN3002", {
  severity: "error",
  messages: {
    default: text`${"num_experts"} experts cannot be shared out over ep_size ${"ep_size"}: ${"remainder"} would be left over`,
  },
});

/** Experts are sharded whole: each rank of an EP group owns `num_experts / ep_size` of them. */
export const expertsDivisible: Rule<ModelFacts> = {
  name: "mesh-experts-divisible",
  after: ["mesh-ep-divides-ranks"],
  *check(facts) {
    const { ep_size } = facts.sizes;
    const num_experts = facts.model.sizes.num_experts;
    if (ep_size === 1 || num_experts % ep_size === 0) return;
    yield PLN3002(
      epSizeAt(facts),
      { num_experts, ep_size, remainder: num_experts % ep_size },
      { ...epSizeAdvice(facts), related: [expertsAt(facts)] },
    );
  },
};

export const pages = {
  PLN3002: {
    title: "experts cannot be shared out evenly",
    docs: `Expert parallelism gives each rank \`num_experts / ep_size\` whole experts. transformers refuses a remainder when it
places the parameters, after the job has started.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 6, fsdp_size: 6 }      # 128 experts
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }      # 16 experts a rank
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "128 experts over 3",
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 12 }
parallelism: { ep_size: 3, fsdp_size: 12 }
#@ [25:26) PLN3002 128 experts cannot be shared out over ep_size 3: 2 would be left over
#@   help: legal ep_size here: 1, 2 or 4
#@   related config.json 22:[18:21) | "num_experts": «128», | num_experts is 128 here
#@   fix "change it to 2" -> fine
`,
  },
  {
    name: "the key that the family has for it",
    config: { of: "Mixtral-8x7B-v0.1", with: { num_hidden_layers: 8 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism:
  ep_size: 16
#@ [12:14) PLN3002 8 experts cannot be shared out over ep_size 16: 8 would be left over
#@   help: no ep_size is legal here: with fsdp_size 8 and dp_replicate_size 2 it can be 1, 2, 4 or 8
#@   related config.json 18:[24:25) | "num_local_experts": «8», | num_local_experts is 8 here
  fsdp_size: 16
`,
  },
];
