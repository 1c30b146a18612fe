import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Diagnostic, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { namedBy } from "../../../model/read.ts";
import type { Path } from "../../../source/path.ts";
import { suggest } from "../../../text/suggest.ts";
import { show } from "../../../text/values.ts";
import { orList } from "../../../text/words.ts";
import { acceptedAttention } from "../attention/implementation.ts";
import { type ConfigPart, partsOf } from "../configs/parts.ts";
import { wordsOf } from "../configs/relations.ts";
import type { ConfigFacts } from "../facts.ts";

export const PLN2041 = diagnostic("PLN2041", {
  severity: "error",
  messages: { default: text`${"key"} is ${"word"}; transformers ${"release"} knows ${"words"}` },
});

/** Words that a config chooses by: activations, formats, the kinds of layers. */
export const configWords: Rule<ConfigFacts> = {
  name: "config-words",
  *check(facts) {
    for (const part of partsOf(facts)) {
      const { class_, config } = part;
      const { activations, dtypes } = facts.release.configs;
      for (const key of Object.keys(config)) {
        if (class_.activations.includes(key)) yield* oneOf(facts, part, [key], activations);
      }
      for (const key of ["dtype", "torch_dtype"]) yield* oneOf(facts, part, [key], dtypes);
      for (const [key, words] of wordsOf(class_)) yield* oneOf(facts, part, [key], words);
      yield* attention(facts, part);
      for (const [key, words] of layerWords(facts, part)) {
        const layers = part.config[key];
        // One word says it: a list of layers is long.
        const wrong = Array.isArray(layers) ? layers.findIndex((layer) => !words.includes(layer)) : -1;
        if (wrong >= 0) yield* oneOf(facts, part, [key, wrong], words);
      }
    }
  },
};

/** What computes attention, where the plan does not say it. A name with a slash is a kernel's on the Hub. */
function* attention(facts: ConfigFacts, part: ConfigPart): Iterable<Diagnostic> {
  const { plan, release } = facts;
  const word = part.config["attn_implementation"];
  const modelType = part.config["model_type"];
  if (plan.model.attn_implementation !== undefined || typeof word !== "string" || word.includes("/")) return;
  if (typeof modelType !== "string" || release.family(modelType) === undefined) return;
  yield* oneOf(facts, part, ["attn_implementation"], acceptedAttention(release, modelType));
}

/** The lists of layers of a config, and the words that each takes. */
function* layerWords({ release }: ConfigFacts, { class_, config }: ConfigPart): Iterable<[string, readonly string[]]> {
  const { layer_types, mlp_layer_types, old_layer_types } = release.configs;
  if (class_.own_layer_types) return;
  const tried = class_.tried.layer_types?.split(" ");
  if (Object.hasOwn(config, "layer_types")) yield ["layer_types", tried ?? [...layer_types, ...old_layer_types]];
  if (Object.hasOwn(config, "mlp_layer_types")) yield ["mlp_layer_types", mlp_layer_types];
}

function* oneOf(facts: ConfigFacts, part: ConfigPart, keys: Path, words: readonly string[]): Iterable<Diagnostic> {
  const [key = "", index] = keys;
  const whole = part.config[key];
  const word: unknown = typeof index === "number" && Array.isArray(whole) ? whole[index] : whole;
  if (typeof word !== "string" ? index === undefined : words.includes(word)) return;
  const location = part.at(...keys);
  const near = typeof word === "string" ? suggest(word, words) : undefined;
  const name = index === undefined ? part.name(key) : `${part.name(key)}[${index}]`;
  yield PLN2041(
    location,
    { key: name, word: show(word, 40), release: facts.release.version, words: orList(words) },
    {
      related: [namedBy(facts.plan)],
      ...(near === undefined
        ? {}
        : { help: `did you mean ${near}?`, fixes: [replaceWith(location, JSON.stringify(near))] }),
    },
  );
}

export const pages = {
  PLN2041: {
    title: "unknown word in config.json",
    docs: `An activation, a format or a kind of layer that the release of transformers in the plan does not have. The class takes any text;
the job stops when the model is built.

Wrong:

\`\`\`json
{ "hidden_act": "silo" }
\`\`\`

Right:

\`\`\`json
{ "hidden_act": "silu" }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "an activation",
    config: { with: { hidden_act: "SiLU" } },
    plan: `
name: plan
#@ config.json 11:[17:23) | "hidden_act": «"SiLU"», | PLN2041 hidden_act is "SiLU"; transformers 5.24.0 knows gelu, gelu_10, gelu_accurate, gelu_fast, gelu_new, gelu_python, gelu_python_tanh, gelu_pytorch_tanh, hardswish, laplace, leaky_relu, linear, mish, prelu, quick_gelu, relu, relu2, relu6, sigmoid, silu, sqrtsoftplus, swish, tanh or xielu
#@   help: did you mean silu?
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to "silu"" -> fine
`,
  },
  {
    name: "a format that is like none",
    config: { with: { torch_dtype: "fp32" } },
    plan: `
name: plan
#@ config.json 33:[18:24) | "torch_dtype": «"fp32"», | PLN2041 torch_dtype is "fp32"; transformers 5.24.0 knows bcomplex32, bfloat16, bit, bits16, bits1x8, bits2x4, bits4x2, bits8, bool, cdouble, cfloat, chalf, complex128, complex32, complex64, double, float, float16, float32, float4_e2m1fn_x2, float64, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu, half, int, int1, int16, int2, int3, int32, int4, int5, int6, int64, int7, int8, long, qint32, qint8, quint2x4, quint4x2, quint8, short, uint1, uint16, uint2, uint3, uint32, uint4, uint5, uint6, uint64, uint7 or uint8
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "what computes attention",
    config: { with: { attn_implementation: "sdp" } },
    plan: `
name: plan
#@ config.json 38:[26:31) | "attn_implementation": «"sdp"» | PLN2041 attn_implementation is "sdp"; transformers 5.24.0 knows eager, sdpa, flash_attention_2, flash_attention_3, flash_attention_4, kernels-community/flash-attn2, kernels-community/flash-attn3, kernels-community/flash-attn4, kernels-community/vllm-flash-attn3 or flex_attention
#@   help: did you mean sdpa?
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to "sdpa"" -> fine
`,
  },
  {
    name: "a kind of layer",
    config: { of: "gpt-oss-20b", with: { num_hidden_layers: 2, layer_types: ["full_attention", "slding_attention"] } },
    plan: `
name: plan
#@ config.json 17:[05:23) | «"slding_attention"» | PLN2041 layer_types[1] is "slding_attention"; transformers 5.24.0 knows full_attention, sliding_attention or attention
#@   help: did you mean sliding_attention?
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to "sliding_attention"" -> PLN2015, PLN4063
#@ config.json 47:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN2015, PLN2041
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { router_aux_loss_coef: 0.001, save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 28:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "a kind of layer that the model is not made of",
    config: { of: "gpt-oss-20b", with: { num_hidden_layers: 2, layer_types: ["full_attention", "linear_attention"] } },
    plan: `
name: plan
#@ config.json 17:[05:23) | «"linear_attention"» | PLN2041 layer_types[1] is "linear_attention"; transformers 5.24.0 knows full_attention, sliding_attention or attention
#@   help: did you mean sliding_attention?
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to "sliding_attention"" -> PLN2015, PLN4063
#@ config.json 47:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN2015, PLN2041
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { router_aux_loss_coef: 0.001, save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 28:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "words that are known",
    shows: "nothing",
    config: { with: { hidden_act: "gelu", dtype: "float32", attn_implementation: "eager" } },
    plan: `
name: plan
`,
  },
];
