import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { headNames } from "./heads-shared.ts";

export const PLN3031 = diagnostic("PLN3031", {
  severity: "info",
  messages: {
    default: text`${"heads"} ${"kind"} for ep_size ${"ep_size"}: not a limit here, since attention is not sharded over ep`,
  },
});

/** Says that fewer heads than ranks of an expert group is fine, since other stacks refuse it. */
export const headsUnsharded: Rule<ModelFacts> = {
  name: "heads-unsharded",
  *check({ plan, model, sizes }) {
    const { ep_size, tp_size } = sizes;
    const kind = "num_key_value_heads";
    const heads = model.sizes[kind];
    if (tp_size > 1 || ep_size === 1 || heads % ep_size === 0) return;
    yield PLN3031(
      plan.written.at("parallelism.ep_size"),
      { heads, kind: headNames[kind], ep_size },
      {
        related: [{ message: `${model.keyOf(kind)} is ${heads} here`, location: model.at(kind) }],
      },
    );
  },
};

export const pages = {
  PLN3031: {
    title: "fewer heads than ranks, and it does not matter",
    docs: `Expert parallelism shards experts. Attention stays whole on every rank (FSDP shards its storage, not its heads), so the
number of heads need not divide by \`ep_size\`. It is a limit where attention is sharded over the same ranks: \`tp_size\` above 1,
or attention rules in \`base_model_ep_plan\`.

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }      # 4 key-value heads: fine
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "4 heads, 8 ranks",
    plan: `
parallelism: { ep_size: 8, fsdp_size: 8 }
#@ [25:26) PLN3031 info: 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «4», | num_key_value_heads is 4 here
`,
  },
  {
    name: "heads that divide",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
`,
  },
  {
    name: "where they are shared out, another rule judges",
    shows: "nothing",
    plan: `
parallelism: { ep_size: 8, tp_size: 2, fsdp_size: 4 }
`,
  },
];
