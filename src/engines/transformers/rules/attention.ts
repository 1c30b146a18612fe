import type { Case, Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { orList } from "../../../text/words.ts";
import { acceptedAttention, capabilityOf, kindOf, repositoryOf } from "../attention/implementation.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN2022 = diagnostic("PLN2022", {
  severity: "error",
  messages: {
    default: text`attn_implementation ${"name"} is none that transformers ${"release"} computes ${"model_type"} with; it takes ${"accepted"}`,
  },
});

export const PLN2023 = diagnostic("PLN2023", {
  severity: "error",
  messages: {
    default: text`attn_implementation ${"name"} needs compute capability ${"needed"}; a ${"gpu"} has ${"capability"}`,
  },
  help: "write one that runs there: sdpa or flash_attention_2, where the family has them, else eager",
});

export const PLN2024 = diagnostic("PLN2024", {
  severity: "error",
  messages: {
    default: text`attn_implementation ${"name"} computes in bfloat16 only, and precision.compute is float32`,
  },
  help: "write precision.compute: bfloat16, or attn_implementation: sdpa",
});

/** What computes attention must be there for the family, on the GPU, and in the format that the plan computes in. */
export const attention: Rule<ModelFacts> = {
  name: "attention",
  *check({ plan, release, model, cluster }) {
    const name = plan.model.attn_implementation;
    if (name === undefined) return;
    const location = plan.written.at("model.attn_implementation");
    const accepted = acceptedAttention(release, model.text_type);
    if (!accepted.includes(repositoryOf(name))) {
      const values = { name, model_type: model.model_type, release: release.version, accepted: orList(accepted) };
      const flash =
        kindOf(name) === "flash_attention" ? accepted.find((one) => kindOf(one) === "flash_attention") : undefined;
      const instead = flash ?? accepted[1] ?? "eager";
      yield PLN2022(location, values, { help: `write ${instead}`, fixes: [replaceWith(location, instead)] });
      return;
    }
    const { capability, name: gpu } = cluster.gpu;
    const range = capabilityOf(name, release);
    if (range !== undefined && capability !== undefined) {
      const major = Math.floor(capability);
      if (major < range.least || major > range.most) {
        const needed = range.least === range.most ? `${range.least}.x` : `${range.least}.0 or more`;
        const related = [{ message: "the GPU is named here", location: plan.written.at("cluster.gpu") }];
        yield PLN2023(location, { name, needed, gpu, capability: capability.toFixed(1) }, { related });
      }
    }
    if (kindOf(name) === "flash_attention" && plan.precision.compute === "float32") {
      const related = [{ message: "compute is float32 here", location: plan.written.at("precision.compute") }];
      yield PLN2024(location, { name }, { related });
    }
  },
};

export const pages = {
  PLN2022: {
    title: "attention implementation that the family does not have",
    docs: `A model class says what its attention can be computed with. Where it cannot do what the plan asks for,
from_pretrained stops, or quietly takes another kernel: gpt_oss has attention sinks, which sdpa and FlashAttention 2 do not
compute. What a release takes for each family is read from its classes.

| value | what it is | needs |
|---|---|---|
| \`eager\` | plain matrix products; keeps heads x length x length scores | nothing |
| \`sdpa\` | torch's fused attention; the default where the family has it | nothing |
| \`flash_attention_2\`, \`_3\`, \`_4\` | FlashAttention | the package \`kernels\`, and the Hub for its build |
| \`kernels-community/...\` | a kernel by its repository on the Hub | the same |
| \`flex_attention\` | torch's compiled attention | a GPU |

Wrong:

\`\`\`yaml
model: { config: gpt-oss-20b/config.json, checkpoint: openai/gpt-oss-20b, attn_implementation: sdpa }
\`\`\`

Right:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  checkpoint: openai/gpt-oss-20b
  attn_implementation: kernels-community/vllm-flash-attn3
\`\`\``,
  },
  PLN2023: {
    title: "attention implementation that the GPU cannot run",
    docs: `FlashAttention 3 is written in Hopper's own instructions (compute capability 9.x: H100, H200, H20, H800), and
FlashAttention 4 starts with Hopper. On another GPU the kernel does not load, after the whole model has.

Wrong:

\`\`\`yaml
model: { config: config.json, checkpoint: org/model, attn_implementation: flash_attention_3 }
cluster: { gpu: a100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
\`\`\`

Right:

\`\`\`yaml
model: { config: config.json, checkpoint: org/model, attn_implementation: flash_attention_2 }
cluster: { gpu: a100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
\`\`\``,
  },
  PLN2024: {
    title: "flash attention in float32",
    docs: `FlashAttention has no kernels for float32. With parameters in float32 and \`precision.compute: bfloat16\` it
works: FSDP casts the weights, so queries and keys come in bfloat16.

Wrong:

\`\`\`yaml
model: { config: config.json, checkpoint: org/model, attn_implementation: flash_attention_2 }
precision: { parameters: float32, compute: float32, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
model: { config: config.json, checkpoint: org/model, attn_implementation: flash_attention_2 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN2022: { config: "gpt-oss-20b" },
};

export const cases: readonly Case[] = [
  {
    name: "sdpa, where the family has attention sinks",
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
model: { config: config.json, checkpoint: /data/model, layout: gate_up_interleaved, attn_implementation: sdpa }
#@ [106:110) PLN2022 attn_implementation sdpa is none that transformers 5.24.0 computes gpt_oss with; it takes eager, kernels-community/vllm-flash-attn3, flash_attention_4 or flex_attention
#@   help: write kernels-community/vllm-flash-attn3
#@   fix "change it to kernels-community/vllm-flash-attn3" -> fine
`,
  },
  {
    name: "a flash attention that the family lacks: another is offered",
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
model: { config: config.json, checkpoint: /data/model, layout: gate_up_interleaved, attn_implementation: flash_attention_2 }
#@ [106:123) PLN2022 attn_implementation flash_attention_2 is none that transformers 5.24.0 computes gpt_oss with; it takes eager, kernels-community/vllm-flash-attn3, flash_attention_4 or flex_attention
#@   help: write kernels-community/vllm-flash-attn3
#@   fix "change it to kernels-community/vllm-flash-attn3" -> fine
`,
  },
  {
    name: "compiled attention, where the family lacks it",
    config: { of: "OLMoE-1B-7B-0924", with: { num_hidden_layers: 4 } },
    plan: `
model:
  config: config.json
  checkpoint: /data/model
  attn_implementation: flex_attention
#@ [24:38) PLN2022 attn_implementation flex_attention is none that transformers 5.24.0 computes olmoe with; it takes eager, sdpa, flash_attention_2, flash_attention_3, flash_attention_4, kernels-community/flash-attn2, kernels-community/flash-attn3, kernels-community/flash-attn4 or kernels-community/vllm-flash-attn3
#@   help: write sdpa
#@   fix "change it to sdpa" -> fine
`,
  },
  {
    name: "a kernel that is someone's own",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: someone/their-kernel }
#@ [77:97) PLN2022 attn_implementation someone/their-kernel is none that transformers 5.24.0 computes qwen3_moe with; it takes eager, sdpa, flash_attention_2, flash_attention_3, flash_attention_4, kernels-community/flash-attn2, kernels-community/flash-attn3, kernels-community/flash-attn4, kernels-community/vllm-flash-attn3 or flex_attention
#@   help: write flash_attention_2
#@   fix "change it to flash_attention_2" -> fine
`,
  },
  {
    name: "FlashAttention 3 on what came before Hopper",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: flash_attention_3 }
#@ [77:94) PLN2023 attn_implementation flash_attention_3 needs compute capability 9.x; a a100-sxm-80gb has 8.0
#@   help: write one that runs there: sdpa or flash_attention_2, where the family has them, else eager
#@   related 2:[17:30) the GPU is named here
cluster: { gpu: a100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
`,
  },
  {
    name: "and on what came after",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: flash_attention_3 }
#@ [77:94) PLN2023 attn_implementation flash_attention_3 needs compute capability 9.x; a b200-sxm-180gb has 10.0
#@   help: write one that runs there: sdpa or flash_attention_2, where the family has them, else eager
#@   related 2:[17:31) the GPU is named here
cluster: { gpu: b200-sxm-180gb, nodes: 1, gpus_per_node: 8 }
`,
  },
  {
    name: "FlashAttention 4 on what came before Hopper",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: flash_attention_4 }
#@ [77:94) PLN2023 attn_implementation flash_attention_4 needs compute capability 9.0 or more; a a100-sxm-80gb has 8.0
#@   help: write one that runs there: sdpa or flash_attention_2, where the family has them, else eager
#@   related 2:[17:30) the GPU is named here
cluster: { gpu: a100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
`,
  },
  {
    name: "FlashAttention 3 on a GPU that planc does not know",
    shows: "nothing",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: flash_attention_3 }
cluster: { gpu: { name: mine, memory_gb: 96 }, nodes: 1, gpus_per_node: 8 }
`,
  },
  {
    name: "flash attention in float32",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: flash_attention_2 }
#@ [77:94) PLN2024 attn_implementation flash_attention_2 computes in bfloat16 only, and precision.compute is float32
#@   help: write precision.compute: bfloat16, or attn_implementation: sdpa
#@   related 2:[44:51) compute is float32 here
precision: { parameters: float32, compute: float32, reduce: float32 }
#@ [44:51) PLN4042 warning: compute float32 leaves the bfloat16 units of the GPU unused and takes 16 bytes a parameter all the same
#@   help: write compute: bfloat16
`,
  },
  {
    name: "weights in float32 that are cast",
    shows: "nothing",
    plan: `
model: { config: config.json, checkpoint: /data/model, attn_implementation: flash_attention_3 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
`,
  },
];
