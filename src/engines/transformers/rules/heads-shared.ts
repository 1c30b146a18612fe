import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { divisors, nearest, orList } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";
import { defaultEpPlan } from "../placement/ep-plan.ts";
import { type HeadCount, headProjections, shardedHeads, sharedBatchStyles } from "../placement/tp-blocks.ts";
import { styleAt, usableRules } from "./ep-rules.ts";

export const PLN3030 = diagnostic("PLN3030", {
  severity: "error",
  messages: {
    default: text`${"heads"} ${"kind"} cannot be shared out over tp_size ${"size"}: ${"remainder"} would be left over`,
    few: text`${"heads"} ${"kind"} cannot be shared out over tp_size ${"size"}: there are fewer heads than ranks`,
    rules: text`the rules shard attention over ep_size ${"size"}, by which the ${"heads"} ${"kind"} do not divide`,
  },
});

export const headNames = {
  num_attention_heads: "attention heads",
  num_key_value_heads: "key-value heads",
} as const;

/** Whole heads to each rank where attention is sharded over `tp`. The engine finds out in its first forward. */
export const headsShared: Rule<ModelFacts> = {
  name: "heads-shared",
  *check(facts) {
    const { model, release, sizes, epPlan } = facts;
    if (sizes.tp_size === 1) return;
    const kinds = shardedHeads(model, sharedBatchStyles(model, release, sizes, epPlan));
    const uneven = kinds.filter((kind) => model.sizes[kind] % sizes.tp_size !== 0);
    const kind = uneven.sort((a, b) => model.sizes[a] - model.sizes[b])[0];
    if (kind !== undefined) yield unevenByRule(facts, kind) ?? unevenBySize(facts, kind, kinds);
  },
};

/** Where the family's own plan leaves attention whole, the written rule is to blame. */
function unevenByRule(facts: ModelFacts, kind: HeadCount): Diagnostic | undefined {
  const { model, release, sizes } = facts;
  const usual = shardedHeads(model, sharedBatchStyles(model, release, sizes, defaultEpPlan(model, release)));
  if (usual.includes(kind)) return undefined;
  const rule = usableRules(facts).find(({ path }) => headProjections[kind].includes(path.split(".").at(-1) ?? ""));
  if (rule === undefined) return undefined;
  const values = { heads: model.sizes[kind], kind: headNames[kind], size: sizes.ep_size };
  return PLN3030(styleAt(facts, rule), values, {
    variant: "rules",
    help: "leave the rule out",
    related: [headsAt(facts, kind)],
  });
}

function unevenBySize(facts: ModelFacts, kind: HeadCount, kinds: readonly HeadCount[]): Diagnostic {
  const { plan, model, sizes } = facts;
  const { tp_size, ep_size } = sizes;
  const heads = model.sizes[kind];
  const legal = divisors(sizes.fsdp_size * tp_size).filter(
    (size) => kinds.every((each) => model.sizes[each] % size === 0) && (ep_size === 1 || ep_size % size === 0),
  );
  const location = plan.written.at("parallelism.tp_size");
  const best = plan.written.has("parallelism.fsdp_size") ? undefined : legal.at(-1);
  return PLN3030(
    location,
    { heads, kind: headNames[kind], size: tp_size, remainder: heads % tp_size },
    {
      variant: heads < tp_size ? "few" : "default",
      help: `tp_size can be ${orList(nearest(tp_size, legal))} here; fsdp_size and ep_size have no such limit`,
      related: [headsAt(facts, kind)],
      fixes: best === undefined ? [] : [replaceWith(location, best)],
    },
  );
}

function headsAt({ model }: ModelFacts, kind: HeadCount) {
  return { message: `${model.keyOf(kind)} is ${model.sizes[kind]} here`, location: model.at(kind) };
}

export const pages = {
  PLN3030: {
    title: "heads cannot be shared out evenly",
    docs: `Tensor parallelism gives each rank whole heads: \`num_attention_heads / tp_size\` and \`num_key_value_heads / tp_size\`.
The engine does not check it when it loads; the first forward fails with "shape is invalid". \`fsdp_size\` and \`ep_size\` do not
split attention, so they have no such limit.

Wrong:

\`\`\`yaml
parallelism: { tp_size: 8, ep_size: 8 }        # 4 key-value heads
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
} satisfies Pages;
