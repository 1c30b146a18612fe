import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { groupedProductsNotCast as issue } from "../issues/experts.ts";

export const PLN4043 = diagnostic("PLN4043", {
  severity: "warning",
  messages: {
    default: text`compute bfloat16 does not reach the experts: with fsdp_size ${"fsdp_size"} and dp_replicate_size ${"dp_replicate_size"} nothing casts them, and their grouped matrix products run in float32`,
  },
  help: "write parameters: bfloat16, or shard over fsdp_size",
});

/** Only FSDP casts expert parameters: autocast does not reach grouped matrix products. */
export const precisionExperts: Rule<ModelFacts> = {
  name: "precision-experts",
  *check({ plan, model, sizes }) {
    const { parameters, compute } = plan.precision;
    const { fsdp_size, dp_replicate_size } = sizes;
    if (parameters !== "float32" || compute !== "bfloat16" || fsdp_size * dp_replicate_size > 1) return;
    // What adapters leave as it is is held in the compute format.
    if (model.moeLayers.length === 0 || plan.lora !== undefined) return;
    // Where the format is the default, the sizes are what was written.
    const at = plan.written.has("precision.compute") ? "precision.compute" : "parallelism.fsdp_size";
    yield PLN4043(plan.written.at(at), { fsdp_size, dp_replicate_size }, { issue });
  },
};

export const pages = {
  PLN4043: {
    title: "experts that run in float32",
    docs: `float32 parameters are computed in bfloat16 by two things: FSDP casts what it gathers, and autocast casts the inputs
of ordinary matrix products. Grouped matrix products, the experts', are not autocast. Where no FSDP axis is larger
than 1, the experts therefore run in float32, at a fraction of the speed, without a message.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 1, tp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "tensor parallelism alone, with the usual formats",
    config: { with: { num_hidden_layers: 4 } },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 1, tp_size: 4 }
#@ [39:40) PLN4043 warning: compute bfloat16 does not reach the experts: with fsdp_size 1 and dp_replicate_size 1 nothing casts them, and their grouped matrix products run in float32
#@   help: write parameters: bfloat16, or shard over fsdp_size
#@   issue: grouped-products-not-cast
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
`,
  },
  {
    name: "a format that is written, and fsdp_size inferred",
    config: { with: { num_hidden_layers: 4 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, tp_size: 4 }
precision:
  parameters: float32
  compute: bfloat16
#@ [12:20) PLN4043 warning: compute bfloat16 does not reach the experts: with fsdp_size 1 and dp_replicate_size 1 nothing casts them, and their grouped matrix products run in float32
#@   help: write parameters: bfloat16, or shard over fsdp_size
#@   issue: grouped-products-not-cast
  reduce: float32
`,
  },
  {
    name: "replicas are an axis of FSDP too",
    shows: "nothing",
    config: { with: { num_hidden_layers: 4 } },
    plan: `
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 1, tp_size: 4, dp_replicate_size: 2 }
`,
  },
];
