import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN2053 = diagnostic("PLN2053", {
  severity: "error",
  messages: {
    default: text`adapters of a model in ${"method"} do not work: they would be of numbers that its checkpoint does not hold`,
  },
  help: "name a checkpoint of it in bfloat16, and its config.json",
});

/** An adapter is loaded onto the checkpoint that it names. */
export const loraBase: Rule<ModelFacts> = {
  name: "lora-base",
  *check({ plan, model, layout }) {
    if (plan.lora === undefined) return;
    const method = layout === "mxfp4" ? "mxfp4" : model.quantization;
    if (method === undefined || (method === "mxfp4" && layout !== "mxfp4")) return;
    const isWritten = plan.written.has("model.layout");
    yield PLN2053(plan.written.at(isWritten ? "model.layout" : "model.checkpoint"), { method });
  },
};

export const pages = {
  PLN2053: {
    title: "adapters of a quantised model",
    docs: `A model in fp8 or mxfp4 is trained from what its blocks come to in bfloat16. An adapter of that is loaded onto the blocks again,
which have other names and other numbers. Training adapters of the blocks themselves is not supported.

Wrong:

\`\`\`yaml
model: { config: config.json, checkpoint: /checkpoints/model, layout: mxfp4 }
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
model: { config: config.json, checkpoint: /checkpoints/model-bf16, layout: gate_up_interleaved }
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
} satisfies Pages;

export const examples = { PLN2053: { config: "gpt-oss-20b" } };

export const cases: readonly Case[] = [
  {
    name: "4-bit blocks, as published",
    config: "gpt-oss-20b",
    plan: `
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
#@ config.json 69:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN2053
#@     - sft: { learning_rate: 2.0e-4, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.001, learning_rate: 2.0e-4, save_strategy: no }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2053 adapters of a model in mxfp4 do not work: they would be of numbers that its checkpoint does not hold
#@   help: name a checkpoint of it in bfloat16, and its config.json
`,
  },
  {
    name: "fp8",
    config: { with: { quantization_config: { quant_method: "fp8" } } },
    plan: `
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2053 adapters of a model in fp8 do not work: they would be of numbers that its checkpoint does not hold
#@   help: name a checkpoint of it in bfloat16, and its config.json
`,
  },
  {
    name: "a checkpoint in bfloat16",
    shows: "nothing",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
model: { config: config.json, checkpoint: /checkpoints/model-bf16, layout: gate_up_interleaved }
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> fine
#@     - sft: { learning_rate: 2.0e-4, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.001, learning_rate: 2.0e-4, save_strategy: no }
`,
  },
];
