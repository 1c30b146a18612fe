import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { namedBy } from "../../../model/read.ts";
import { partsOf } from "../configs/parts.ts";
import type { ConfigFacts } from "../facts.ts";

export const PLN2042 = diagnostic("PLN2042", {
  severity: "error",
  messages: { default: text`${"key"} has ${"entries"} entries for ${"layers"} layers` },
});

/** A list of layers has an entry for each of them. */
export const configLists: Rule<ConfigFacts> = {
  name: "config-lists",
  *check(facts) {
    for (const part of partsOf(facts)) {
      const layers = part.valueOf("num_hidden_layers");
      const key = part.keyOf("num_hidden_layers");
      if (part.class_.own_layer_types || typeof layers !== "number" || key === undefined) continue;
      for (const list of ["layer_types", "mlp_layer_types"]) {
        const found = part.config[list];
        if (!Array.isArray(found) || found.length === layers) continue;
        const related = [{ message: `${key} is ${layers} here`, location: part.at(key) }, namedBy(facts.plan)];
        yield PLN2042(part.at(list), { key: part.name(list), entries: found.length, layers }, { related });
      }
    }
  },
};

export const pages = {
  PLN2042: {
    title: "list of layers of another length",
    docs: `\`layer_types\` and \`mlp_layer_types\` say of each layer what it is. transformers refuses a list with more or fewer entries than
\`num_hidden_layers\`.

Wrong:

\`\`\`json
{ "num_hidden_layers": 2, "layer_types": ["full_attention"] }
\`\`\`

Right:

\`\`\`json
{ "num_hidden_layers": 2, "layer_types": ["full_attention", "full_attention"] }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a layer less",
    config: { of: "gpt-oss-20b", with: { num_hidden_layers: 2, layer_types: ["full_attention"] } },
    plan: `
name: plan
#@ config.json 15:[03:16) | «"layer_types"»: [ | PLN2042 layer_types has 1 entries for 2 layers
#@   related config.json 22:[24:25) | "num_hidden_layers": «2», | num_hidden_layers is 2 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 46:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN2015, PLN2042
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { router_aux_loss_coef: 0.001, save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 27:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "as many",
    shows: "nothing",
    config: {
      of: "gpt-oss-20b",
      with: { num_hidden_layers: 2, layer_types: ["full_attention", "sliding_attention"], router_aux_loss_coef: 0.001 },
    },
    plan: `
name: plan
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 28:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
];
