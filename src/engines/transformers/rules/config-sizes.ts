import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { namedBy } from "../../../model/read.ts";
import { show } from "../../../text/values.ts";
import { andList, count } from "../../../text/words.ts";
import { fieldsOf, holds, shown } from "../configs/conditions.ts";
import { type ConfigPart, partsOf } from "../configs/parts.ts";
import { refusalsOf } from "../configs/relations.ts";
import type { ConfigFacts } from "../facts.ts";
import type { Expression } from "../releases/configs.ts";

export const PLN2044 = diagnostic("PLN2044", {
  severity: "error",
  messages: {
    default: text`${"model_type"} refuses ${"condition"}: ${"values"}`,
    multiple: text`${"key"} ${"value"} is no multiple of ${"divisor"}`,
  },
});

export const PLN2045 = diagnostic("PLN2045", {
  severity: "error",
  messages: {
    default: text`${"key"} is ${"value"}; ${"least"} or more is accepted`,
    padding: text`${"key"} ${"value"} is no row of the embedding: with vocab_size ${"vocab_size"}, -${"vocab_size"} to ${"last"} are`,
  },
});

/** Numbers that a model can have, each by itself and together. */
export const configSizes: Rule<ConfigFacts> = {
  name: "config-sizes",
  *check(facts) {
    for (const part of partsOf(facts)) {
      yield* tooSmall(facts, part);
      yield* padding(facts, part);
      for (const condition of refusalsOf(part.class_)) yield* together(facts, part, condition);
    }
  },
};

function* tooSmall(facts: ConfigFacts, part: ConfigPart): Iterable<Diagnostic> {
  const { positive, not_negative } = part.class_.tried;
  for (const [names, least] of [
    [positive, 1],
    [not_negative, 0],
  ] as const) {
    for (const field of names?.split(" ") ?? []) {
      const value = part.config[field];
      if (typeof value !== "number" || value >= least) continue;
      const values = { key: part.name(field), value, least };
      yield PLN2045(part.at(field), values, { related: [namedBy(facts.plan)] });
    }
  }
}

function* padding(facts: ConfigFacts, part: ConfigPart): Iterable<Diagnostic> {
  if (!part.class_.pads) return;
  const [id, vocabulary] = [part.valueOf("pad_token_id"), part.valueOf("vocab_size")];
  if (typeof id !== "number" || typeof vocabulary !== "number" || vocabulary < 1) return;
  if (id >= -vocabulary && id < vocabulary) return;
  yield PLN2045(
    part.at("pad_token_id"),
    { key: part.name("pad_token_id"), value: id, vocab_size: vocabulary, last: vocabulary - 1 },
    {
      variant: "padding",
      related: [
        { message: `vocab_size is ${count(vocabulary)} here`, location: part.at("vocab_size") },
        namedBy(facts.plan),
      ],
    },
  );
}

function* together(facts: ConfigFacts, part: ConfigPart, condition: Expression): Iterable<Diagnostic> {
  const written = (field: string) => {
    const value = part.valueOf(field);
    // A list of layers that is not written is one that the class makes.
    if (value === undefined && field === "layer_types") return null;
    return value === undefined ? part.class_.defaults[field] : value;
  };
  if (!holds(condition, written)) return;
  const fields = fieldsOf(condition);
  const keys = fields.filter((field) => part.keyOf(field) !== undefined);
  const [first = "model_type", ...others] = keys;
  const keyOf = (field: string) => part.keyOf(field) ?? field;
  const related = [
    ...others.map((field) => {
      return { message: `${keyOf(field)} is ${show(written(field), 40)} here`, location: part.at(keyOf(field)) };
    }),
    namedBy(facts.plan),
  ];
  const location = part.at(keyOf(first));
  const divided = divisionOf(condition);
  if (divided !== undefined) {
    const [field, by] = divided;
    const divisor = typeof by === "number" ? by : `${keyOf(by)} ${Number(written(by))}`;
    const values = { key: keyOf(field), value: Number(written(field)), divisor };
    yield PLN2044(location, values, { variant: "multiple", related });
    return;
  }
  const values = {
    model_type: String(part.config["model_type"] ?? part.class_.name),
    condition: shown(condition),
    values: andList(fields.map((field) => `${keyOf(field)} is ${show(written(field), 40)}`)),
  };
  yield PLN2044(location, values, { related });
}

/** Of "a % b != 0", and of what Python takes for it, a and b. */
function divisionOf(condition: Expression): readonly [string, string | number] | undefined {
  if (!Array.isArray(condition)) return undefined;
  const [operator, left, right] = condition as readonly Expression[];
  if (operator === "!=" && right === 0) return divisionOf(left ?? null);
  if (operator !== "%" || typeof left !== "string") return undefined;
  return typeof right === "string" || typeof right === "number" ? [left, right] : undefined;
}

export const pages = {
  PLN2044: {
    title: "numbers of config.json that no model can have together",
    docs: `Each value is valid, but the model's class, its constructor or its first forward refuses them together: heads that do not share
out evenly over heads of keys and values, experts over groups of a router.

Wrong:

\`\`\`json
{ "num_attention_heads": 32, "num_key_value_heads": 5 }
\`\`\`

Right:

\`\`\`json
{ "num_attention_heads": 32, "num_key_value_heads": 4 }
\`\`\``,
  },
  PLN2045: {
    title: "number of config.json out of range",
    docs: `The class takes any whole number, and the model stops at this one: a width below 1, a padding token behind the vocabulary.

Wrong:

\`\`\`json
{ "vocab_size": 151936, "pad_token_id": 151936 }
\`\`\`

Right:

\`\`\`json
{ "vocab_size": 151936, "pad_token_id": 151643 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "heads that do not share out",
    config: { with: { num_key_value_heads: 5 } },
    plan: `
name: plan
#@ config.json 21:[26:28) | "num_attention_heads": «32», | PLN2044 num_attention_heads 32 is no multiple of num_key_value_heads 5
#@   related config.json 25:[26:27) | "num_key_value_heads": «5», | num_key_value_heads is 5 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ rest | parallelism: { ep_size: «4», fsdp_size: 8 } | PLN3031 info: 5 key-value heads for ep_size 4: not a limit here, since attention is not sharded over ep
#@   related config.json 25:[26:27) | "num_key_value_heads": «5», | num_key_value_heads is 5 here
`,
  },
  {
    name: "groups of a router",
    config: { of: "DeepSeek-V3", with: { n_group: 7, topk_group: 9 } },
    plan: `
name: plan
#@ config.json 26:[23:26) | "n_routed_experts": «256», | PLN2044 n_routed_experts 256 is no multiple of n_group 7
#@   related config.json 25:[14:15) | "n_group": «7», | n_group is 7 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 60:[17:18) | "topk_group": «9», | PLN2044 deepseek_v3 refuses topk_group > n_group: topk_group is 9 and n_group is 7
#@   related config.json 25:[14:15) | "n_group": «7», | n_group is 7 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2017 warning: this checkpoint is stored in fp8 blocks, which the job refuses to load: it would get other weights
#@   help: train from a checkpoint in bfloat16: name it here, or give it to the job with --model
#@   issue: fp8-scales-by-rank
#@   related config.json 37:[03:24) | «"quantization_config"»: { | quantised here
#@ rest | cluster: { gpu: «h100-sxm-80gb», nodes: 1, gpus_per_node: 8 } | PLN5002 a rank needs 1.2 TiB for parameters, gradients and optimizer states; a h100-sxm-80gb has 79.6 GiB
#@   help: parameters 312.5 GiB, gradients 312.5 GiB, optimizer 624.9 GiB: it would fit with nodes: 32 with fsdp_size: 256 and precision.parameters: bfloat16 (59.5 GiB) or nodes: 32 with fsdp_size: 256 and optim: rmsprop (69.1 GiB)
#@ rest | «sft» | PLN5066 warning: ranks wait 1,800 s for each other (ddp_timeout), and a machine may take 2,685 s to read the 1,342 GB of the checkpoint, at 0.5 GB/s
#@   help: write ddp_timeout: 3000
`,
  },
  {
    name: "what only a class refuses",
    config: { of: "DeepSeek-V2-Lite", with: { topk_method: "noaux_tc", kv_lora_rank: 511 } },
    plan: `
name: plan
#@ config.json 20:[19:22) | "kv_lora_rank": «511», | PLN2044 kv_lora_rank 511 is no multiple of 2
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 53:[18:28) | "topk_method": «"noaux_tc"», | PLN2041 topk_method is "noaux_tc"; transformers 5.24.0 knows greedy or group_limited_greedy
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a padding token behind the vocabulary",
    config: { with: { pad_token_id: 151936 } },
    plan: `
name: plan
#@ config.json 38:[19:25) | "pad_token_id": «151936» | PLN2045 pad_token_id 151936 is no row of the embedding: with vocab_size 151936, -151936 to 151935 are
#@   related config.json 37:[17:23) | "vocab_size": «151936», | vocab_size is 151,936 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a number below the least",
    config: { with: { attention_dropout: -1 } },
    plan: `
name: plan
#@ config.json 6:[24:26) | "attention_dropout": «-1», | PLN2045 attention_dropout is -1; 0 or more is accepted
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "layers with a window, and none",
    config: { of: "gpt-oss-20b", with: { sliding_window: null } },
    plan: `
name: plan
#@ config.json 15:[03:16) | «"layer_types"»: [ | PLN2044 gpt_oss refuses "sliding_attention" in layer_types and (sliding_window is null or sliding_window < 1): layer_types is ["sliding_attention","full_attention"... and sliding_window is null
#@   related config.json 70:[21:25) | "sliding_window": «null», | sliding_window is null here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 69:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN2015, PLN2044
#@     - sft: { save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@     + sft: { router_aux_loss_coef: 0.001, save_strategy: no, max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2015 warning: the checkpoint is quantised (mxfp4): the job loads it dequantised to float32
#@   related config.json 50:[03:24) | «"quantization_config"»: { | quantised here
`,
  },
  {
    name: "other tokens behind the vocabulary",
    shows: "nothing",
    config: { with: { bos_token_id: 151936, eos_token_id: 151936, pad_token_id: -1 } },
    plan: `
name: plan
`,
  },
];
