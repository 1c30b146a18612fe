import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { orList } from "../../../text/words.ts";
import type { ModelFacts } from "../facts.ts";
import { exportLayouts } from "../loading/export.ts";

export const PLN2021 = diagnostic("PLN2021", {
  severity: "error",
  messages: {
    default: text`a trained ${"model_type"} cannot be stored as ${"layout"}; it can as ${"legal"}`,
  },
  help: "leave export.layout out, or write one of those",
});

/** A trained model can be stored in the layouts that hold its weights as plain numbers. */
export const exportLayout: Rule<ModelFacts> = {
  name: "export-layout",
  *check({ plan, model }) {
    const { layout } = plan.export;
    const legal = exportLayouts(model);
    if (layout === undefined || legal.includes(layout)) return;
    const { model_type } = model;
    yield PLN2021(plan.written.at("export.layout"), { model_type, layout, legal: orList(legal) });
  },
};

export const pages = {
  PLN2021: {
    title: "layout that a model cannot be exported to",
    docs: `The export stores trained weights as plain numbers, in a layout that checkpoints of the family come in. gpt_oss is published in
4-bit blocks, which trained weights do not fit into; it is exported as transformers holds it.

Wrong:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
export: { layout: mxfp4 }
\`\`\`

Right:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
export: { layout: gate_up_interleaved }
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN2021: { config: "gpt-oss-20b" },
};

export const cases: readonly Case[] = [
  {
    name: "blocks of 4 bits",
    config: {
      of: "gpt-oss-20b",
      with: {
        num_hidden_layers: 4,
        layer_types: undefined,
        router_aux_loss_coef: 0.001,
        quantization_config: undefined,
      },
    },
    plan: `
export: { layout: mxfp4 }
#@ [19:24) PLN2021 a trained gpt_oss cannot be stored as mxfp4; it can as gate_up_interleaved
#@   help: leave export.layout out, or write one of those
`,
  },
  {
    name: "a layout of another family",
    plan: `
export:
  layout: gate_up_interleaved
#@ [11:30) PLN2021 a trained qwen3_moe cannot be stored as gate_up_interleaved; it can as per_expert, fused or gate_up
#@   help: leave export.layout out, or write one of those
`,
  },
  {
    name: "a layout that the family comes in",
    shows: "nothing",
    plan: `
export: { layout: fused }
`,
  },
];
