import { entries, text } from "../entry.ts";

export const model = entries({
  PLN2001: {
    severity: "error",
    title: "config.json is not a mapping",
    messages: { default: text`${"file"} holds no mapping of keys to values` },
    docs: `A config.json is one JSON object that describes the model.

Wrong:

\`\`\`json
["Qwen3MoeForCausalLM"]
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048 }
\`\`\``,
  },
  PLN2002: {
    severity: "error",
    title: "config.json has no model_type",
    messages: { default: text`the config has no model_type; planc knows ${"supported"}` },
    help: "take the config.json that was published with the checkpoint",
    docs: `\`model_type\` says which family the other keys belong to. Nothing else in the file says it reliably.

Wrong:

\`\`\`json
{ "hidden_size": 2048 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048 }
\`\`\``,
  },
  PLN2003: {
    severity: "error",
    title: "unknown model_type",
    messages: {
      default: text`unknown model_type ${"model_type"}; planc knows ${"supported"}`,
      near: text`unknown model_type ${"model_type"}; did you mean ${"near"}? planc knows ${"supported"}`,
    },
    docs: `Neither planc nor the release of transformers in the plan has this model type. planc does not guess from similar keys: a family
decides names, shapes and what expert parallelism shards.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moa" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\``,
  },
  PLN2004: {
    severity: "error",
    title: "not a Mixture-of-Experts model",
    messages: {
      default: text`${"model_type"} is a dense model: it has no experts to share out; planc knows ${"supported"}`,
      other: text`${"model_type"} is no Mixture-of-Experts language model; planc knows ${"supported"}`,
    },
    docs: `planc compiles plans for models with routed experts. A dense model needs none of it: the same trainer runs it with FSDP alone.

Wrong:

\`\`\`json
{ "model_type": "qwen3" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\``,
  },
  PLN2005: {
    severity: "error",
    title: "family not supported yet",
    messages: {
      default: text`${"model_type"} is a Mixture-of-Experts family that planc does not know yet; it knows ${"supported"}`,
    },
    docs: `transformers has this family, but planc has no parameter table for it, so it could neither place nor convert its parameters.

Wrong:

\`\`\`json
{ "model_type": "jamba" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "mixtral" }
\`\`\``,
  },
  PLN2006: {
    severity: "error",
    title: "model of several parts",
    messages: {
      default: text`${"model_type"} wraps a text model of type ${"text_type"} under text_config; models of several parts do not work yet; planc knows ${"supported"}`,
    },
    docs: `The experts of a vision or audio model sit in its text part, under other names and beside towers that are sharded otherwise.

Wrong:

\`\`\`json
{ "model_type": "qwen3_vl_moe", "text_config": { "model_type": "qwen3_vl_moe_text" } }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\``,
  },
  PLN2007: {
    severity: "error",
    title: "config.json omits what cannot be inferred",
    messages: { default: text`this ${"model_type"} config lacks the ${"noun"} ${"missing"}, which cannot be inferred` },
    help: "take the config.json that was published with the checkpoint",
    docs: `Where a size is missing, transformers silently takes the default of its class, which is the size of one particular model. A plan
checked against a guess is not checked.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "hidden_size": 2048, "num_experts": 128, "num_experts_per_tok": 8 }
\`\`\`

(and the other sizes of the published file)`,
  },
  PLN2008: {
    severity: "error",
    title: "invalid value in config.json",
    messages: { default: text`${"key"} takes ${"expected"}, not ${"value"}` },
    docs: `The value cannot be what the key means.

Wrong:

\`\`\`json
{ "num_experts": null }
\`\`\`

Right:

\`\`\`json
{ "num_experts": 128 }
\`\`\``,
  },
  PLN2009: {
    severity: "error",
    title: "two keys for one size disagree",
    messages: {
      default: text`${"second"} ${"secondValue"} contradicts ${"first"} ${"firstValue"}: both give the same size`,
    },
    help: "remove the wrong one",
    docs: `Releases of transformers renamed some keys and read either. Where a file has both, which one wins depends on the release.

Wrong:

\`\`\`json
{ "num_experts": 128, "num_local_experts": 64 }
\`\`\`

Right:

\`\`\`json
{ "num_experts": 128 }
\`\`\``,
  },
  PLN2010: {
    severity: "error",
    title: "layout that the family does not have",
    messages: { default: text`${"model_type"} checkpoints are stored as ${"legal"}, not as ${"layout"}` },
    help: "leave layout out if the checkpoint is stored as the family was published",
    docs: `\`model.layout\` says how the experts of the checkpoint are stored. Each family comes in some of the layouts only.

Wrong:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  layout: per_expert
\`\`\`

Right:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  layout: mxfp4
\`\`\``,
  },
  PLN2011: {
    severity: "error",
    title: "sizes of config.json contradict each other",
    messages: {
      default: text`num_experts_per_tok ${"per_token"} is more than the ${"experts"} experts there are`,
      none: text`none of the ${"layers"} layers holds experts`,
    },
    docs: `Each value is valid, but no model can have them together.

Wrong:

\`\`\`json
{ "num_experts": 4, "num_experts_per_tok": 8 }
\`\`\`

Right:

\`\`\`json
{ "num_experts": 128, "num_experts_per_tok": 8 }
\`\`\``,
  },
  PLN2014: {
    severity: "warning",
    title: "sequences longer than the model was made for",
    messages: { default: text`max_length ${"max_length"} is more than max_position_embeddings ${"positions"}` },
    help: "lower max_length, or extend rope_scaling in the config.json",
    docs: `Positions beyond the ones that the model was trained with give poor attention. Nothing in the stack stops it.

Wrong:

\`\`\`yaml
sft:
  max_length: 65536      # max_position_embeddings is 40960
\`\`\`

Right:

\`\`\`yaml
sft:
  max_length: 32768
\`\`\``,
  },
  PLN2015: {
    severity: "warning",
    title: "quantised checkpoint",
    messages: { default: text`the checkpoint is quantised (${"method"}): the job loads it dequantised to ${"format"}` },
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
    severity: "error",
    title: "quantisation that cannot be trained",
    messages: {
      default: text`the checkpoint is quantised with ${"method"}, which this stack cannot dequantise while loading`,
    },
    help: "take the unquantised checkpoint of the model",
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
    severity: "warning",
    title: "fp8 checkpoint",
    messages: {
      default: text`this checkpoint is stored in ${"method"} blocks, which the job refuses to load: it would get other weights`,
    },
    help: "train from a checkpoint in bfloat16: name it here, or give it to the job with --model",
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
  PLN2018: {
    severity: "error",
    title: "conversion that is no copy of bytes",
    messages: {
      default: text`a ${"model_type"} checkpoint cannot be converted from ${"from"} to ${"to"} by copying bytes: ${"why"}`,
    },
    help: "leave conversion out, or convert between per_expert, fused and gate_up",
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
    severity: "error",
    title: "conversion to the layout that is there",
    messages: { default: text`the checkpoint of ${"model_type"} is stored as ${"to"} already` },
    help: "leave conversion out, or correct model.layout",
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
  PLN2020: {
    severity: "error",
    title: "a Hub checkpoint that has to be converted",
    messages: {
      default: text`the job has to convert ${"checkpoint"} from ${"from"} to ${"to"}, which takes a folder, not a Hub id`,
    },
    help: "download it (hf download ID --local-dir FOLDER) and name the folder, with a / in front or ./",
    docs: `transformers reads a Hub checkpoint itself. One that is stored in a layout which it does not read is converted first, from a folder
that holds its files to one beside it.

Wrong:

\`\`\`yaml
model:
  checkpoint: someone/qwen3-30b-fused
  layout: fused
\`\`\`

Right:

\`\`\`yaml
model:
  checkpoint: /data/qwen3-30b-fused
  layout: fused
\`\`\``,
  },
  PLN2021: {
    severity: "error",
    title: "layout that a model cannot be exported to",
    messages: {
      default: text`a trained ${"model_type"} cannot be stored as ${"layout"}; it can as ${"legal"}`,
    },
    help: "leave export.layout out, or write one of those",
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
  PLN2022: {
    severity: "error",
    title: "attention implementation that the family does not have",
    messages: {
      default: text`attn_implementation ${"name"} is none that transformers ${"release"} computes ${"model_type"} with; it takes ${"accepted"}`,
    },
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
    severity: "error",
    title: "attention implementation that the GPU cannot run",
    messages: {
      default: text`attn_implementation ${"name"} needs compute capability ${"needed"}; a ${"gpu"} has ${"capability"}`,
    },
    help: "write one that runs there: sdpa or flash_attention_2, where the family has them, else eager",
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
    severity: "error",
    title: "flash attention in float32",
    messages: {
      default: text`attn_implementation ${"name"} computes in bfloat16 only, and precision.compute is float32`,
    },
    help: "write precision.compute: bfloat16, or attn_implementation: sdpa",
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
});
