import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { type Fix, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Plan } from "../../../plan/plan.ts";
import { isWritten, optionAt } from "../../../plan/task.ts";
import type { ModelFacts } from "../facts.ts";
import { routerLossFromConfig } from "../issues/losses.ts";
import { dominates, dominating, none, routerLossOf, usual } from "../options/router-loss.ts";
import { PLN4025 } from "./option-pairs.ts";

export const PLN4063 = diagnostic("PLN4063", {
  severity: "warning",
  messages: {
    default: text`the router's auxiliary loss adds about ${"added"} to the loss: coefficient ${"coefficient"} of ${"from"} x ${"experts"} experts a token; from ${"threshold"} on it steers training as much as the data does`,
  },
});

/** The auxiliary loss needs a model that returns its router logits, and must stay small beside the loss itself. */
export const routerLoss: Rule<ModelFacts> = {
  name: "router-loss",
  *check(facts) {
    const { plan, model } = facts;
    const { coefficient, from, location, isComputed, added } = routerLossOf(facts);
    if (coefficient === 0) return;
    if (!isComputed) {
      const values = {
        name: "router_aux_loss_coef",
        written: String(coefficient),
        why: `needs an auxiliary loss, which the trainer cannot compute for ${model.model_type}`,
      };
      // Dropped, it would be the config's or the release's own.
      const help = `write ${plan.task}.router_aux_loss_coef: 0.0`;
      const fixes = [from === "the plan" ? replaceWith(location, none) : written(plan, none)];
      yield PLN4025(location, values, { help, fixes });
    } else if (dominates(added)) {
      const values = {
        coefficient: String(coefficient),
        from,
        experts: model.sizes.num_experts_per_tok,
        added: added.toFixed(2),
        threshold: dominating,
      };
      const fixes = [from === "the plan" ? replaceWith(location, usual) : written(plan, usual)];
      const help = `write ${plan.task}.router_aux_loss_coef: 0.001, or 0.0 to train without it`;
      yield PLN4063(location, values, { help, fixes, ...(from === "the plan" ? {} : { issue: routerLossFromConfig }) });
    }
  },
};

/**
 * The coefficient in the place of a null, or else as the task's first option, the only one of an empty section, or a
 * section of its own, in the style in which the plan is written.
 */
function written(plan: Plan, value: string): Fix {
  const title = `write ${plan.task}.router_aux_loss_coef: ${value}`;
  if (isWritten(plan, "router_aux_loss_coef")) return replaceWith(optionAt(plan, "router_aux_loss_coef"), value, title);
  const [first] = Object.keys(plan.options);
  const { file, range } = first === undefined ? plan.written.at("data", "key") : optionAt(plan, first, "key");
  const lines = plan.written.sources.find((one) => one.file === file)?.text.split("\n") ?? [];
  const { line, character } = range.start;
  const quote = lines[line]?.startsWith('"', character) ? '"' : "";
  const option = `${quote}router_aux_loss_coef${quote}: ${value}`;
  if (first === undefined && plan.written.has(plan.task))
    return replaceWith(plan.written.at(plan.task), `{ ${option} }`, title);
  const entry = first === undefined ? `${quote}${plan.task}${quote}: { ${option} }` : option;
  const section = plan.written.at(first === undefined ? [] : [plan.task]).range.start;
  const isFlow = lines[section.line]?.[section.character] === "{";
  const newText = entry + (isFlow ? ", " : `\n${lines[line]?.slice(0, character)}`);
  const place = { start: range.start, end: range.start };
  return { title, edits: [{ file, range: place, newText }] };
}

export const pages = {
  PLN4063: {
    title: "auxiliary loss that dominates",
    docs: `The trainer adds an auxiliary loss, which keeps the experts evenly used, to the loss of every micro-batch. Where the
plan has no \`router_aux_loss_coef\`, the coefficient is the config.json's, or else the default of transformers' config class.
For evenly used experts the auxiliary loss itself is the number of experts a token, for any number of layers, and more where
they are used unevenly. Losses of fine-tuning are 1 to 2, so planc warns where coefficient x experts a token is 0.5 or more.

The config.json of gpt_oss says 0.9, with 4 experts a token: about 3.6 are added, and a first loss of 5.08 is reported as 9.
Both plans have one row a batch: with the trainer's eight, the scores of gpt_oss's attention do not fit on a GPU of 80 GB.

Wrong, with that config.json:

\`\`\`yaml
sft: { max_length: 4096, per_device_train_batch_size: 1 }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, per_device_train_batch_size: 1, router_aux_loss_coef: 0.001 }
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN4063: { config: "gpt-oss-20b" },
};

export const cases: readonly Case[] = [
  {
    name: "the coefficient of the config.json, in a block",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> fine
#@     +   router_aux_loss_coef: 0.001
`,
  },
  {
    name: "between braces",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> fine
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.001, max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
`,
  },
  {
    name: "a null, which leaves it to the config.json",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  router_aux_loss_coef: null
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> fine
#@     -   router_aux_loss_coef: null
#@     +   router_aux_loss_coef: 0.001
`,
  },
  {
    name: "no section of options",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    rest: "none",
    plan: `
version: 1
#@ [01:11) PLN5052 warning: 3 epochs and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
name: test
model: { config: config.json, checkpoint: /checkpoints/model }
stack:
  engine: transformers
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
cluster: { gpu: { name: large, memory_gb: 4096 }, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 4, fsdp_size: 8 }
data: { path: /data/train.parquet }
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN5052
#@     + sft: { router_aux_loss_coef: 0.001 }
`,
  },
  {
    name: "an empty section",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    rest: "sections",
    plan: `
cluster: { gpu: { name: large, memory_gb: 4096 }, nodes: 1, gpus_per_node: 8 }
sft: {}
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> PLN5052
#@     - sft: {}
#@     + sft: { router_aux_loss_coef: 0.001 }
#@ [01:04) PLN5052 warning: 3 epochs and no checkpoint on the way: what ends the run early takes all of it
#@   help: write save_steps, or save_strategy: "no" to say that nothing is to be kept
`,
  },
  {
    name: "JSON",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
{
  "sft": {
    "max_length": 4096, "per_device_train_batch_size": 1
  }
}
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> fine
#@     -     "max_length": 4096, "per_device_train_batch_size": 1, save_strategy: no
#@     +     "router_aux_loss_coef": 0.001, "max_length": 4096, "per_device_train_batch_size": 1, save_strategy: no
`,
  },
  {
    name: "the coefficient of the plan",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, router_aux_loss_coef: 0.125 }
#@ [80:85) PLN4063 warning: the router's auxiliary loss adds about 0.50 to the loss: coefficient 0.125 of the plan x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   fix "change it to 0.001" -> fine
`,
  },
  {
    name: "the coefficient of the release",
    config: { of: "OLMoE-1B-7B-0924", with: { router_aux_loss_coef: undefined, num_experts_per_tok: 50 } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ config.json 14:[17:24) | "model_type": «"olmoe"», | PLN4063 warning: the router's auxiliary loss adds about 0.50 to the loss: coefficient 0.01 of the release's default x 50 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write sft.router_aux_loss_coef: 0.001" -> fine
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.001, max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
`,
  },
  {
    name: "a little less",
    shows: "nothing",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, router_aux_loss_coef: 0.1249 }
`,
  },
  {
    name: "none",
    shows: "nothing",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, router_aux_loss_coef: 0.0 }
`,
  },
  {
    name: "a family whose loss the trainer cannot compute",
    config: { of: "GLM-4.5-Air", with: { num_hidden_layers: 4 } },
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  router_aux_loss_coef: 0.001
#@ [25:30) PLN4025 router_aux_loss_coef 0.001 needs an auxiliary loss, which the trainer cannot compute for glm4_moe
#@   help: write sft.router_aux_loss_coef: 0.0
#@   fix "change it to 0.0" -> fine
`,
  },
  {
    name: "the same by its config.json",
    config: { of: "GLM-4.5-Air", with: { num_hidden_layers: 4, router_aux_loss_coef: 0.01 } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ config.json 43:[27:31) | "router_aux_loss_coef": «0.01» | PLN4025 router_aux_loss_coef 0.01 needs an auxiliary loss, which the trainer cannot compute for glm4_moe
#@   help: write sft.router_aux_loss_coef: 0.0
#@   fix "write sft.router_aux_loss_coef: 0.0" -> fine
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.0, max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
`,
  },
  {
    name: "such a family whose class has a coefficient by itself",
    config: { of: "DeepSeek-V4-Flash", with: { num_hidden_layers: 4 } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ config.json 21:[17:30) | "model_type": «"deepseek_v4"», | PLN4025 router_aux_loss_coef 0.001 needs an auxiliary loss, which the trainer cannot compute for deepseek_v4
#@   help: write sft.router_aux_loss_coef: 0.0
#@   fix "write sft.router_aux_loss_coef: 0.0" -> PLN2017, PLN3031
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.0, max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
#@ rest | model: { config: config.json, checkpoint: «/checkpoints/model» } | PLN2017 warning: this checkpoint is stored in fp8 blocks, which the job refuses to load: it would get other weights
#@   help: train from a checkpoint in bfloat16: name it here, or give it to the job with --model
#@   issue: fp8-scales-by-rank
#@   related config.json 36:[03:24) | «"quantization_config"»: { | quantised here
#@ rest | parallelism: { ep_size: «4», fsdp_size: 8 } | PLN3031 info: 1 key-value heads for ep_size 4: not a limit here, since attention is not sharded over ep
#@   related config.json 30:[26:27) | "num_key_value_heads": «1», | num_key_value_heads is 1 here
`,
  },
  {
    name: "a coefficient of the language model in a model of several parts",
    config: "GLM-4.5V",
    plan: `
cluster: { gpu: { name: large, memory_gb: 4096 }, nodes: 1, gpus_per_node: 8 }
sft: { max_length: 4096, per_device_train_batch_size: 1 }
#@ config.json 54:[29:35) | "router_aux_loss_coef": «0.0001», | PLN4025 router_aux_loss_coef 0.0001 needs an auxiliary loss, which the trainer cannot compute for glm4v_moe
#@   help: write sft.router_aux_loss_coef: 0.0
#@   fix "write sft.router_aux_loss_coef: 0.0" -> fine
#@     - sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { router_aux_loss_coef: 0.0, max_length: 4096, per_device_train_batch_size: 1, save_strategy: no }
`,
  },
  {
    name: "such a family without the loss",
    shows: "nothing",
    config: { of: "GLM-4.5-Air", with: { num_hidden_layers: 4, router_aux_loss_coef: 0.01 } },
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, router_aux_loss_coef: 0 }
`,
  },
  {
    name: "of preferences",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined } },
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1 }
#@ config.json 60:[27:30) | "router_aux_loss_coef": «0.9», | PLN4063 warning: the router's auxiliary loss adds about 3.60 to the loss: coefficient 0.9 of config.json x 4 experts a token; from 0.5 on it steers training as much as the data does
#@   help: write dpo.router_aux_loss_coef: 0.001, or 0.0 to train without it
#@   issue: router-loss-from-config
#@   fix "write dpo.router_aux_loss_coef: 0.001" -> fine
#@     - dpo: { max_length: 2048, per_device_train_batch_size: 1, save_strategy: no }
#@     + dpo: { router_aux_loss_coef: 0.001, max_length: 2048, per_device_train_batch_size: 1, save_strategy: no }
`,
  },
];
