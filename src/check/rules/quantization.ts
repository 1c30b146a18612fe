import type { Case, Examples } from "../../diagnostics/case.ts";
import { diagnostic, text } from "../../diagnostics/define.ts";
import type { Pages } from "../../diagnostics/page.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { BoundFacts } from "../../stack/facts.ts";

export const PLN2015 = diagnostic("PLN2015", {
  severity: "warning",
  messages: { default: text`the checkpoint is quantised (${"method"}): the job loads it dequantised to ${"format"}` },
});

export const PLN2016 = diagnostic("PLN2016", {
  severity: "error",
  messages: {
    default: text`the checkpoint is quantised with ${"method"}, which this stack cannot dequantise while loading`,
  },
  help: "take the unquantised checkpoint of the model",
});

export const PLN2017 = diagnostic("PLN2017", {
  severity: "warning",
  messages: {
    default: text`this checkpoint is stored in ${"method"} blocks, which the job refuses to load: it would get other weights`,
  },
  help: "train from a checkpoint in bfloat16: name it here, or give it to the job with --model",
});

/** A quantised checkpoint is loaded dequantised, or refused where the stack cannot. */
export const quantization: Rule<BoundFacts> = {
  name: "quantization",
  *check({ plan, model, engine }) {
    const method = model.quantization;
    if (method === undefined || plan.model.layout === "gate_up_interleaved") return;
    const related = [{ message: "quantised here", location: model.at(model.quantizedAt) }];
    const place = plan.written.at("model.checkpoint");
    const issue = engine.issues.reported.find(({ rule }) => rule === "quantization");
    if (method === "mxfp4") yield PLN2015(place, { method, format: plan.precision.parameters }, { related });
    else if (method === "fp8") yield PLN2017(place, { method }, { related, ...(issue && { issue }) });
    else yield PLN2016(place, { method }, { related });
  },
};

export const pages = {
  PLN2015: {
    title: "quantised checkpoint",
    docs: `A quantised checkpoint cannot be trained as it is. The bundle asks transformers to dequantise it while loading; the saved
model is not quantised.

Wrong:

\`\`\`yaml
model:
  checkpoint: openai/gpt-oss-20b
\`\`\`

Right:

\`\`\`yaml
model:
  checkpoint: /data/gpt-oss-20b-bf16
  layout: gate_up_interleaved
\`\`\``,
  },
  PLN2016: {
    title: "quantisation that cannot be trained",
    docs: `transformers dequantises mxfp4 checkpoints on request. Others must be dequantised before.

Wrong:

\`\`\`json
{ "quantization_config": { "quant_method": "awq" } }
\`\`\`

Right:

\`\`\`json
{ "torch_dtype": "bfloat16" }
\`\`\``,
  },
  PLN2017: {
    title: "fp8 checkpoint",
    docs: `transformers 5.23 can dequantise fp8 checkpoints while it loads them, but each rank does so with its own piece of a
weight and its own piece of the weight's block scales, and takes the size of a block from these two. Where a rank's rows are no
whole number of blocks this fails (kv_a_proj_with_mqa of DeepSeek-V3 has 576 rows, 4.5 blocks of 128) or pairs rows with the scales
of others. Saving would quantise the trained weights again. The preflight and the job therefore refuse such a checkpoint. It
is a warning here, because config.json may describe another checkpoint than the one that the job will get. Where the weights lie on
this machine \`planc check\` looks at them: fp8 is an error then (PLN2126), and a claim that they do not bear out is one too (PLN2123).

Wrong:

\`\`\`yaml
model:
  checkpoint: deepseek-ai/DeepSeek-V3
\`\`\`

Right:

\`\`\`yaml
model:
  checkpoint: /data/DeepSeek-V3-bf16
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN2015: {
    config: "gpt-oss-20b",
    right: { config: { of: "gpt-oss-20b", with: { quantization_config: undefined } } },
  },
  PLN2017: {
    config: { of: "DeepSeek-V3", with: { num_hidden_layers: 4 } },
    right: { config: { of: "DeepSeek-V3", with: { num_hidden_layers: 4, quantization_config: undefined } } },
  },
};

export const cases: readonly Case[] = [
  {
    name: "mxfp4, which transformers dequantises",
    config: { of: "gpt-oss-20b", with: { num_hidden_layers: 4, layer_types: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
model: { config: config.json, checkpoint: /data/gpt-oss }
#@ [43:56) PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 24:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "a copy of it in bfloat16, whose config.json still says mxfp4",
    shows: "nothing",
    config: { of: "gpt-oss-20b", with: { num_hidden_layers: 4, layer_types: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
model: { config: config.json, checkpoint: /data/gpt-oss, layout: gate_up_interleaved }
`,
  },
  {
    name: "fp8",
    config: { with: { quantization_config: { quant_method: "fp8", weight_block_size: [128, 128] } } },
    plan: `
model:
  config: config.json
  checkpoint: /data/model
#@ [15:26) PLN2017 warning: this checkpoint is stored in fp8 blocks, which the job refuses to load: it would get other weights
#@   help: train from a checkpoint in bfloat16: name it here, or give it to the job with --model
#@   issue: fp8-scales-by-rank
#@   related config.json 38:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "a method that cannot be undone",
    config: { with: { quantization_config: { quant_method: "awq", bits: 4 } } },
    plan: `
model: { config: config.json, checkpoint: /data/model }
#@ [43:54) PLN2016 the checkpoint is quantised with awq, which this stack cannot dequantise while loading
#@   help: take the unquantised checkpoint of the model
#@   related config.json 38:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "a method without a name",
    config: { with: { quantization_config: { bits: 4 } } },
    plan: `
model: { config: config.json, checkpoint: /data/model }
#@ [43:54) PLN2016 the checkpoint is quantised with a method without a name, which this stack cannot dequantise while loading
#@   help: take the unquantised checkpoint of the model
#@   related config.json 38:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
];
