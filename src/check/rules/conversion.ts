import { planConversion } from "../../convert/plan.ts";
import type { Case } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { BoundFacts } from "../../stack/facts.ts";

export const PLN2018 = diagnostic("PLN2018", {
  severity: "error",
  messages: {
    default: text`a ${"model_type"} checkpoint cannot be converted from ${"from"} to ${"to"} by copying bytes: ${"why"}`,
  },
  help: "leave conversion out, or convert between per_expert, fused and gate_up",
});

export const PLN2019 = diagnostic("PLN2019", {
  severity: "error",
  messages: { default: text`the checkpoint of ${"model_type"} is stored as ${"to"} already` },
  help: "leave conversion out, or correct model.layout",
});

/** A conversion moves bytes and nothing else: what would need arithmetic is refused with the reason. */
export const conversion: Rule<BoundFacts> = {
  name: "conversion",
  *check({ plan, model, layout: from }) {
    if (plan.conversion === undefined) return;
    const place = plan.written.at("conversion.to");
    const { to } = plan.conversion;
    const { model_type } = model;
    const stored = { message: `the plan says that it is stored as ${from}`, location: plan.written.at("model.layout") };
    const related = plan.model.layout === undefined ? [] : [stored];
    if (to === from) {
      yield PLN2019(place, { model_type, to }, { related });
      return;
    }
    const planned = planConversion(model, from, to);
    if ("why" in planned) yield PLN2018(place, { model_type, from, to, why: planned.why }, { related });
  },
};

export const pages = {
  PLN2018: {
    title: "conversion that is no copy of bytes",
    docs: `planc converts between the layouts that hold the same bytes in another order: \`per_expert\`, \`fused\` and \`gate_up\`. It proves
that each byte is used and written exactly once, which it could not for a transposed, interleaved or quantised layout. Scales
of fp8 blocks move with their weights where an expert's rows end with a block.

Wrong:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
conversion: { to: gate_up_interleaved }
\`\`\`

Right:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
conversion: { to: fused }
\`\`\``,
  },
  PLN2019: {
    title: "conversion to the layout that is there",
    docs: `A conversion to the layout in which the checkpoint is stored would copy it as it is. One of the two is a mistake: what the plan
says of the checkpoint, or what it asks for.

Wrong:

\`\`\`yaml
model:
  layout: per_expert
conversion: { to: per_expert }
\`\`\`

Right:

\`\`\`yaml
model:
  layout: per_expert
conversion: { to: fused }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "to a layout that is transposed",
    plan: `
conversion: { to: gate_up_transposed }
#@ [19:37) PLN2018 a qwen3_moe checkpoint cannot be converted from per_expert to gate_up_transposed by copying bytes: its matrices would have to be transposed
#@   help: leave conversion out, or convert between per_expert, fused and gate_up
`,
  },
  {
    name: "from blocks of 4 bits",
    config: { of: "gpt-oss-20b", with: { num_hidden_layers: 4, layer_types: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
conversion:
  to: gate_up_interleaved
#@ [07:26) PLN2018 a gpt_oss checkpoint cannot be converted from mxfp4 to gate_up_interleaved by copying bytes: its weights are packed by "mxfp4"
#@   help: leave conversion out, or convert between per_expert, fused and gate_up
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 24:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "to the layout that the family is published in",
    plan: `
conversion: { to: per_expert }
#@ [19:29) PLN2019 the checkpoint of qwen3_moe is stored as per_expert already
#@   help: leave conversion out, or correct model.layout
`,
  },
  {
    name: "to the layout that the plan says it has",
    plan: `
model: { config: config.json, checkpoint: /data/model, layout: gate_up }
conversion: { to: gate_up }
#@ [19:26) PLN2019 the checkpoint of qwen3_moe is stored as gate_up already
#@   help: leave conversion out, or correct model.layout
#@   related 1:[64:71) the plan says that it is stored as gate_up
`,
  },
  {
    name: "between layouts of the same bytes",
    shows: "nothing",
    plan: `
conversion: { to: fused }
`,
  },
];
