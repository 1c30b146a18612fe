import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN2120 = diagnostic("PLN2120", {
  severity: "error",
  messages: {
    default: text`${"tensor"} is missing; by config.json it is ${"wanted"}`,
    layers: text`${"tensor"} is missing in ${"layers"}; config.json has ${"all"}`,
    layer: text`nothing of ${"layers"} is there; config.json has ${"all"}`,
    head: text`lm_head.weight is missing, and config.json does not tie it to the embedding`,
    more: text`tensors of ${"more"} more names are missing`,
  },
  help: "take the config.json that was saved with these files, or download the files again",
});

export const PLN2121 = diagnostic("PLN2121", {
  severity: "error",
  messages: {
    default: text`nothing in a ${"model_type"} model of this config.json reads ${"tensor"}`,
    many: text`nothing in a ${"model_type"} model of this config.json reads ${"tensor"}, nor ${"others"} like it`,
    behind: text`${"tensors"} in ${"layers"}, behind the ${"count"} of config.json, which transformers does not pass over for ${"model_type"} (${"tensor"})`,
    wrapped: text`the names of ${"tensors"} carry ${"prefix"} of ${"by"} (${"tensor"}), under which nothing reads them`,
    adapter: text`the weights hold ${"tensors"} of an adapter (${"tensor"}), for which the model has no place`,
    more: text`tensors of ${"more"} more names are read by nothing`,
  },
  help: "see that config.json belongs to these files; remove what is left over, and save under the model's own names",
});

export const PLN2122 = diagnostic("PLN2122", {
  severity: "error",
  messages: {
    default: text`config.json says ${"key"} ${"said"}; the weights have ${"have"}`,
    absent: text`config.json leaves ${"key"} out, which makes it ${"said"}; the weights have ${"have"}`,
    needed: text`config.json leaves ${"key"} out; the weights have ${"have"}`,
  },
  help: "take the config.json that was saved with these files, or download the files again",
});

export const PLN2123 = diagnostic("PLN2123", {
  severity: "error",
  messages: {
    default: text`config.json claims ${"method"}, but the weights are plain ${"dtypes"}: its ${"key"} is a leftover`,
  },
  help: "remove that key: the weights are what the job loads, and they are not quantised",
});

export const PLN2124 = diagnostic("PLN2124", {
  severity: "warning",
  messages: {
    default: text`config.json claims mxfp4, but the weights are plain ${"dtypes"}: its ${"key"} is a leftover`,
  },
  help: "remove that key from the config.json beside the weights; the job loads them either way",
});

export const PLN2125 = diagnostic("PLN2125", {
  severity: "error",
  messages: {
    default: text`the weights are stored as ${"form"} (${"tensor"}), but config.json has no quantization_config`,
    other: text`the weights are stored as ${"form"} (${"tensor"}), but config.json claims ${"method"}`,
  },
  help: "take the config.json that was saved with these files",
});

export const PLN2126 = diagnostic("PLN2126", {
  severity: "error",
  messages: {
    default: text`the weights in ${"checkpoint"} are fp8 (${"tensor"} is ${"dtype"}), which the job refuses to load: it would get other weights`,
    packed: text`the weights in ${"checkpoint"} are stored as ${"form"} (${"tensor"}), which this stack cannot train`,
  },
  help: "dequantise them to bfloat16, drop quantization_config, and name that folder here",
});

export const PLN2127 = diagnostic("PLN2127", {
  severity: "error",
  messages: {
    default: text`${"tensor"} is ${"dtype"}; the loader would take its numbers as they stand`,
    many: text`${"tensor"} is ${"dtype"}, as ${"others"}; the loader would take their numbers as they stand`,
    bare: text`${"tensor"} is ${"dtype"} and has no scales; the loader would take its numbers as they stand`,
    scales: text`${"tensor"} is ${"dtype"} and has no scales, as ${"others"}; the loader would take their numbers as they stand`,
  },
  help: "save the weights as bfloat16, float16 or float32",
});

export const PLN2128 = diagnostic("PLN2128", {
  severity: "warning",
  messages: {
    default: text`config.json says ${"key"} ${"said"}; the weights are ${"dtype"} (${"share"})`,
    mixed: text`${"name"} is stored in several formats: ${"dtypes"}`,
  },
  help: "nothing is lost for the job, which casts them as it loads; see that the files are of one saving",
});

export const PLN2129 = diagnostic("PLN2129", {
  severity: "error",
  messages: {
    default: text`config.json ties lm_head.weight to the embedding, but the two are stored and differ ${"how"}`,
  },
  help: "set tie_word_embeddings to false in the config.json beside the weights, or remove lm_head.weight from them",
});

export const pages = {
  PLN2120: {
    title: "tensors of the model are missing",
    docs: `transformers fills a parameter that it does not find with random numbers and says so in a log line. The job refuses such a
checkpoint after it has loaded it; planc says it before, from the headers. A head that is tied to the embedding
(\`tie_word_embeddings\`) needs no tensor of its own.

Wrong:

\`\`\`console
$ planc inspect pruned
error PLN2120: model.layers.{layer}.self_attn.q_proj.weight is missing in layer 3; config.json has 48 layers
\`\`\`

Right:

\`\`\`console
$ hf download Qwen/Qwen3-30B-A3B --local-dir whole
$ planc inspect whole
\`\`\``,
  },
  PLN2121: {
    title: "tensors that nothing reads",
    docs: `Weights that the model has no place for were saved by another model, under the names of a wrapper, or with an adapter. transformers
leaves them out and says so in a log line; the job refuses the checkpoint. Layers of deepseek_v3 (61) and glm4_moe (46, 92)
that predict further tokens, and the \`rotary_emb.inv_freq\` of old checkpoints, are passed over by transformers and by planc.

Wrong:

\`\`\`python
torch.save(ddp_model.state_dict(), ...)            # module.model.layers.0...
\`\`\`

Right:

\`\`\`python
ddp_model.module.save_pretrained("model")
\`\`\``,
  },
  PLN2122: {
    title: "config.json says another size than the weights have",
    docs: `With that one key changed every name and shape would agree, or more of them. What lies on the disk decides: a job loads these
weights. Loading them with this config.json fails, or leaves weights out.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "num_experts": 64 }
\`\`\`

(and each layer holds 60 experts)

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "num_experts": 60 }
\`\`\``,
  },
  PLN2123: {
    title: "config.json claims a quantisation that the weights do not have",
    docs: `Whoever dequantised the weights left the key behind. The job goes by it: it refuses fp8, and other methods ask for their package or
replace the layers with packed ones. transformers loads bfloat16 weights beside a leftover fp8 key on a CPU, but keeps them in
bfloat16 whatever format is asked for.

Wrong:

\`\`\`json
{ "model_type": "deepseek_v3", "quantization_config": { "quant_method": "fp8" } }
\`\`\`

(and the weights are BF16)

Right:

\`\`\`json
{ "model_type": "deepseek_v3" }
\`\`\``,
  },
  PLN2124: {
    title: "config.json claims mxfp4, the weights are plain",
    docs: `Whoever dequantised the weights left the key behind. The job asks for dequantised weights and finds them so; other programs look
for blocks and scales that are not there.

Wrong:

\`\`\`json
{ "model_type": "gpt_oss", "quantization_config": { "quant_method": "mxfp4" } }
\`\`\`

(and the experts are BF16)

Right:

\`\`\`json
{ "model_type": "gpt_oss" }
\`\`\``,
  },
  PLN2125: {
    title: "weights are quantised, config.json does not say so",
    docs: `Without the key transformers reads the packed numbers as if they were weights, or finds no weights under the names it looks for.

Wrong:

\`\`\`json
{ "model_type": "gpt_oss" }
\`\`\`

(and the experts are blocks and scales)

Right:

\`\`\`json
{ "model_type": "gpt_oss", "quantization_config": { "quant_method": "mxfp4" } }
\`\`\``,
  },
  PLN2126: {
    title: "quantised checkpoint that the job refuses",
    docs: `Each rank would dequantise its own piece of a weight with its own piece of the scales (PLN2017 says more), and packed integers
cannot be trained at all. Of a checkpoint that is not on this machine planc only warns, because config.json may be that of
another one; here the weights were looked at.

Wrong:

\`\`\`yaml
model:
  checkpoint: /data/DeepSeek-V3
\`\`\`

Right:

\`\`\`yaml
model:
  checkpoint: /data/DeepSeek-V3-bf16
\`\`\``,
  },
  PLN2127: {
    title: "weights in a format that holds no weights",
    docs: `transformers casts whatever it finds to the model's format. Integers, truth values and fp8 without its scales become weights
that way, and nothing says so.

Wrong:

\`\`\`json
{ "model.norm.weight": { "dtype": "I8", "shape": [2048], "data_offsets": [0, 2048] } }
\`\`\`

Right:

\`\`\`json
{ "model.norm.weight": { "dtype": "BF16", "shape": [2048], "data_offsets": [0, 4096] } }
\`\`\``,
  },
  PLN2128: {
    title: "weights are in other formats than config.json says",
    docs: `The job casts weights to the plan's \`precision.parameters\` as it loads them. But a format that differs from config.json's, or
from layer to layer, is a sign of files from two savings, and what planc counts for the disk follows config.json.

Wrong:

\`\`\`json
{ "torch_dtype": "bfloat16" }
\`\`\`

(and the weights are F32)

Right:

\`\`\`json
{ "torch_dtype": "float32" }
\`\`\``,
  },
  PLN2129: {
    title: "tied embeddings that are stored apart",
    docs: `Where both are stored and differ, transformers unties them for this run alone, and whatever is saved afterwards says that they are
tied: the next program loses one of them.

Wrong:

\`\`\`json
{ "tie_word_embeddings": true }
\`\`\`

(and lm_head.weight has values of its own)

Right:

\`\`\`json
{ "tie_word_embeddings": false }
\`\`\``,
  },
} satisfies Pages;
