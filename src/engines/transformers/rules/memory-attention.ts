import { fixesOf, inWords, whatFits } from "../../../check/fitting/fitting.ts";
import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import {
  attentionBytes,
  attentionCrowds,
  crowded,
  stateBytes,
  stepBytes,
  usedBytes,
} from "../../../estimate/memory.ts";
import { optionAt } from "../../../plan/task.ts";
import { bytes } from "../../../text/words.ts";
import { acceptedAttention, capabilityOf, kindOf } from "../attention/implementation.ts";
import type { MeshFacts } from "../facts.ts";

export const PLN5040 = diagnostic("PLN5040", {
  severity: "error",
  messages: {
    default: text`attention by ${"implementation"} takes ${"attention"} a micro-batch (${"shape"}) beside ${"states"} of parameters, gradients and optimizer states; a ${"gpu"} has ${"memory"}`,
  },
});

export const PLN5041 = diagnostic("PLN5041", {
  severity: "warning",
  messages: {
    default: text`attention by ${"implementation"} takes ${"attention"} a micro-batch (${"shape"}) beside ${"states"} of parameters, gradients and optimizer states: little of the ${"memory"} of a ${"gpu"} is left`,
  },
});

/** Scores and masks of attention, which grow with the square of the length, against what the states leave of the GPU. */
export const memoryAttention: Rule<MeshFacts> = {
  name: "memory-attention",
  supposes: true,
  *check(facts) {
    const { plan, cluster, memory } = facts;
    const { gpu } = cluster;
    const states = stateBytes(memory);
    const needed = stepBytes(memory);
    // Of states that are too large by themselves other rules speak, and of what else makes the peak too large.
    if (!attentionCrowds(memory, gpu.memory)) return;
    if (needed <= gpu.memory && (usedBytes(memory) ?? 0) > gpu.memory) return;
    const { rows, length, heads } = facts.attentionSize;
    const { implementation } = facts.attention;
    const isEager = implementation === "eager";
    const shape = isEager ? `${rows} x ${heads} x ${length} x ${length}` : `${rows} x ${length} x ${length}`;
    const values = {
      implementation,
      shape: isEager ? `scores of ${shape}` : `masks of ${shape}`,
      attention: bytes(attentionBytes(memory)),
      states: bytes(states),
      gpu: gpu.name,
      memory: bytes(gpu.memory),
    };
    const isWritten = plan.written.has("model.attn_implementation");
    const location = isWritten ? plan.written.at("model.attn_implementation") : optionAt(plan, "max_length");
    const isTooLarge = needed > gpu.memory;
    const fitting = whatFits(facts, isTooLarge ? {} : { share: crowded });
    const lead = memory.peak === null ? "both would fit with" : undefined;
    const help =
      [insteadOf(facts), inWords(fitting, lead)].filter((part) => part !== "").join("; ") || "lower max_length";
    const told = isTooLarge ? PLN5040 : PLN5041;
    yield told(location, values, { help, fixes: fixesOf(fitting) });
  },
};

/** An implementation that keeps no scores and runs on the GPU, as a help text; empty where there is none. */
function insteadOf({ release, model, cluster, plan }: MeshFacts): string {
  const { capability = 9 } = cluster.gpu;
  const able = acceptedAttention(release, model.text_type).find((name) => {
    if (kindOf(name) !== "flash_attention" || plan.precision.compute === "float32") return false;
    const range = capabilityOf(name, release);
    return range === undefined || (Math.floor(capability) >= range.least && Math.floor(capability) <= range.most);
  });
  return able === undefined ? "" : `write model.attn_implementation: ${able}, which keeps none`;
}

export const pages = {
  PLN5040: {
    title: "attention does not fit the GPU",
    docs: `Eager attention writes out the score of each pair of tokens, for each head: rows x heads x length x length
numbers. At 32,768 tokens and 64 heads that is 137 GB for one tensor in bfloat16, and several of them live at once. gpt_oss
is eager by default, because its attention sinks are nothing that sdpa computes. FlashAttention keeps no scores.

sdpa keeps none either, but where it is given a mask (sequences that are padded, packed, or longer than a sliding window)
the mask is rows x length x length, once as true and false and in each layer once more as numbers.

| counted | bytes |
|---|---|
| eager, the layer at work | scores x 16; with sinks, x 4 of the compute format |
| eager, every other layer without recompute | scores x 6 in bfloat16, x 4 in float32; with sinks, x 1 of the compute format |
| eager, masks | one number of the compute format for each pair, one mask for each kind of layer |
| sdpa with a mask | 1 for each pair, and one number of the compute format in each layer that keeps it |

The rest of a step comes on top, so a plan below this bound may still be too large: PLN5004.

Wrong:

\`\`\`yaml
model: { config: gpt-oss-20b/config.json, checkpoint: openai/gpt-oss-20b }
sft: { max_length: 32768, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
\`\`\`

Right:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  checkpoint: openai/gpt-oss-20b
  attn_implementation: kernels-community/vllm-flash-attn3
sft: { max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
\`\`\``,
  },
  PLN5041: {
    title: "little memory left beside attention",
    docs: `The scores or masks of attention fit beside the training states, but one tenth of the GPU's memory or less is
left for activations, gathered weights and buffers. How they are counted: PLN5040.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 76 }, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, fsdp_size: 4 }
model: { config: config.json, checkpoint: /checkpoints/model, attn_implementation: eager }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: { name: my-gpu, memory_gb: 76 }, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, fsdp_size: 4 }
model: { config: config.json, checkpoint: /checkpoints/model, attn_implementation: sdpa }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "scores beyond the GPU, by an implementation that nobody wrote",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
sft: { max_length: 32768, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
#@ [20:25) PLN5040 attention by eager takes 516.0 GiB a micro-batch (scores of 1 x 64 x 32768 x 32768) beside 39.0 GiB of parameters, gradients and optimizer states; a h100-sxm-80gb has 79.6 GiB
#@   help: write model.attn_implementation: kernels-community/vllm-flash-attn3, which keeps none; it would fit with max_length: 6784 (74.8 GiB)
#@   fix "write max_length: 6784" -> fine
`,
  },
  {
    name: "the implementation is written",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
model:
  config: config.json
  checkpoint: /checkpoints/model
  attn_implementation: eager
#@ [24:29) PLN5040 attention by eager takes 129.0 GiB a micro-batch (scores of 1 x 64 x 16384 x 16384) beside 39.0 GiB of parameters, gradients and optimizer states; a h100-sxm-80gb has 79.6 GiB
#@   help: write model.attn_implementation: kernels-community/vllm-flash-attn3, which keeps none; it would fit with max_length: 6784 (74.8 GiB)
#@   fix "write max_length: 6784" -> fine
#@     -   max_length: 16384
#@     +   max_length: 6784
sft:
  max_length: 16384
  packing: true
  packing_strategy: wrapped
  per_device_train_batch_size: 1
`,
  },
  {
    name: "neither the implementation nor max_length is written, and the GPU runs no flash attention with sinks",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
cluster: { gpu: a100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
sft: { per_device_train_batch_size: 128 }
#@ [01:04) PLN5040 attention by eager takes 64.5 GiB a micro-batch (scores of 128 x 64 x 1024 x 1024) beside 39.0 GiB of parameters, gradients and optimizer states; a a100-sxm-80gb has 80.0 GiB
#@   help: it would fit with per_device_train_batch_size: 8 with gradient_accumulation_steps: 16 (75.5 GiB) or max_length: 384 (67.9 GiB)
#@   fix "write per_device_train_batch_size: 8 with gradient_accumulation_steps: 16" -> fine
#@     - sft: { per_device_train_batch_size: 128, save_strategy: no }
#@     + sft: { per_device_train_batch_size: 8, save_strategy: no, gradient_accumulation_steps: 16 }
#@   fix "write max_length: 384" -> fine
#@     - sft: { per_device_train_batch_size: 128, save_strategy: no }
#@     + sft: { per_device_train_batch_size: 128, max_length: 384, save_strategy: no }
`,
  },
  {
    name: "masks of sdpa, over the eight sequences that the trainer makes one of",
    config: { with: { num_hidden_layers: 4 } },
    plan: `
sft:
  max_length: 40960
#@ [15:20) PLN5040 attention by sdpa takes 300.0 GiB a micro-batch (masks of 1 x 327680 x 327680) beside 5.8 GiB of parameters, gradients and optimizer states; a h100-sxm-80gb has 79.6 GiB
#@   help: write model.attn_implementation: flash_attention_2, which keeps none; it would fit with per_device_train_batch_size: 2 with gradient_accumulation_steps: 4 (50.6 GiB) or max_length: 15360 (75.4 GiB)
#@   fix "write per_device_train_batch_size: 2 with gradient_accumulation_steps: 4" -> fine
#@     -   per_device_train_batch_size: 8
#@     +   gradient_accumulation_steps: 4
#@     +   per_device_train_batch_size: 2
#@   fix "write max_length: 15360" -> PLN5006
  packing: true
  packing_strategy: bfd
  per_device_train_batch_size: 8
`,
  },
  {
    name: "little is left, of a model whose operations nobody recorded with such layers",
    config: { of: "Qwen1.5-MoE-A2.7B", with: { use_sliding_window: true, sliding_window: 4096 } },
    plan: `
model: { config: config.json, checkpoint: /checkpoints/model, attn_implementation: eager }
#@ [84:89) PLN5041 warning: attention by eager takes 16.1 GiB a micro-batch (scores of 1 x 16 x 8192 x 8192) beside 53.3 GiB of parameters, gradients and optimizer states: little of the 70.8 GiB of a gpu-76 is left
#@   help: write model.attn_implementation: flash_attention_2, which keeps none; both would fit with gpus_per_node: 8 with fsdp_size: 8 (44.3 GiB), max_length: 6528 (63.6 GiB), precision.parameters: bfloat16 (42.8 GiB) or optim: rmsprop (56.1 GiB)
#@   fix "write max_length: 6528" -> fine
#@     - sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { max_length: 6528, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1, save_strategy: no }
#@   fix "write optim: rmsprop" -> fine
#@     - sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1, save_strategy: no }
#@     + sft: { max_length: 8192, optim: rmsprop, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1, save_strategy: no }
cluster: { gpu: { name: gpu-76, memory_gb: 76 }, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, fsdp_size: 4 }
sft: { max_length: 8192, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "enough is left",
    shows: "nothing",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
sft: { max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "an implementation that keeps no scores",
    shows: "nothing",
    config: { of: "gpt-oss-20b", with: { quantization_config: undefined, router_aux_loss_coef: 0.001 } },
    plan: `
model: { config: config.json, checkpoint: /checkpoints/model, attn_implementation: kernels-community/vllm-flash-attn3 }
sft: { max_length: 32768, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }
`,
  },
];

export const examples: Examples = {
  PLN5040: { config: "gpt-oss-20b" },
  PLN5041: { config: { of: "Qwen1.5-MoE-A2.7B", with: { use_sliding_window: true, sliding_window: 4096 } } },
};
