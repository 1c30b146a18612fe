import { entries, text } from "../entry.ts";

const own = "take the config.json that was saved with these files, or download the files again";

/** Where weights lie on this disk they decide, and config.json is compared with them. */
export const weights = entries({
  PLN2120: {
    severity: "error",
    title: "tensors of the model are missing",
    messages: {
      default: text`${"tensor"} is missing; by config.json it is ${"wanted"}`,
      layers: text`${"tensor"} is missing in ${"layers"}; config.json has ${"all"}`,
      layer: text`nothing of ${"layers"} is there; config.json has ${"all"}`,
      head: text`lm_head.weight is missing, and config.json does not tie it to the embedding`,
      more: text`tensors of ${"more"} more names are missing`,
    },
    help: own,
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
    severity: "error",
    title: "tensors that nothing reads",
    messages: {
      default: text`nothing in a ${"model_type"} model of this config.json reads ${"tensor"}`,
      many: text`nothing in a ${"model_type"} model of this config.json reads ${"tensor"}, nor ${"others"} like it`,
      behind: text`${"tensors"} in ${"layers"}, behind the ${"count"} of config.json, which transformers does not pass over for ${"model_type"} (${"tensor"})`,
      wrapped: text`the names of ${"tensors"} carry ${"prefix"} of ${"by"} (${"tensor"}), under which nothing reads them`,
      adapter: text`the weights hold ${"tensors"} of an adapter (${"tensor"}), for which the model has no place`,
      more: text`tensors of ${"more"} more names are read by nothing`,
    },
    help: "see that config.json belongs to these files; remove what is left over, and save under the model's own names",
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
    severity: "error",
    title: "config.json says another size than the weights have",
    messages: {
      default: text`config.json says ${"key"} ${"said"}; the weights have ${"have"}`,
      absent: text`config.json leaves ${"key"} out, which makes it ${"said"}; the weights have ${"have"}`,
      needed: text`config.json leaves ${"key"} out; the weights have ${"have"}`,
    },
    help: own,
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
    severity: "error",
    title: "config.json claims a quantisation that the weights do not have",
    messages: {
      default: text`config.json claims ${"method"}, but the weights are plain ${"dtypes"}: its ${"key"} is a leftover`,
    },
    help: "remove that key: the weights are what the job loads, and they are not quantised",
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
    severity: "warning",
    title: "config.json claims mxfp4, the weights are plain",
    messages: {
      default: text`config.json claims mxfp4, but the weights are plain ${"dtypes"}: its ${"key"} is a leftover`,
    },
    help: "remove that key from the config.json beside the weights; the job loads them either way",
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
    severity: "error",
    title: "weights are quantised, config.json does not say so",
    messages: {
      default: text`the weights are stored as ${"form"} (${"tensor"}), but config.json has no quantization_config`,
      other: text`the weights are stored as ${"form"} (${"tensor"}), but config.json claims ${"method"}`,
    },
    help: "take the config.json that was saved with these files",
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
    severity: "error",
    title: "quantised checkpoint that the job refuses",
    messages: {
      default: text`the weights in ${"checkpoint"} are fp8 (${"tensor"} is ${"dtype"}), which the job refuses to load: it would get other weights`,
      packed: text`the weights in ${"checkpoint"} are stored as ${"form"} (${"tensor"}), which this stack cannot train`,
    },
    help: "dequantise them to bfloat16, drop quantization_config, and name that folder here",
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
    severity: "error",
    title: "weights in a format that holds no weights",
    messages: {
      default: text`${"tensor"} is ${"dtype"}; the loader would take its numbers as they stand`,
      many: text`${"tensor"} is ${"dtype"}, as ${"others"}; the loader would take their numbers as they stand`,
      scales: text`${"tensor"} is ${"dtype"} and has no scales, as ${"others"}; the loader would take their numbers as they stand`,
    },
    help: "save the weights as bfloat16, float16 or float32",
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
    severity: "warning",
    title: "weights are in other formats than config.json says",
    messages: {
      default: text`config.json says ${"key"} ${"said"}; the weights are ${"dtype"} (${"share"})`,
      mixed: text`${"name"} is stored in several formats: ${"dtypes"}`,
    },
    help: "nothing is lost for the job, which casts them as it loads; see that the files are of one saving",
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
    severity: "error",
    title: "tied embeddings that are stored apart",
    messages: {
      default: text`config.json ties lm_head.weight to the embedding, but the two are stored and differ ${"how"}`,
    },
    help: "set tie_word_embeddings to false in the config.json beside the weights, or remove lm_head.weight from them",
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
  PLN2130: {
    severity: "warning",
    title: "index that gives another size than its files have",
    messages: {
      default: text`${"index"} says total_size ${"said"}; the tensors of its files have ${"have"} bytes`,
    },
    help: "no loader needs the number; a file of another saving would change it, so see where it comes from",
    docs: `\`metadata.total_size\` counts the bytes of all tensors. One that does not agree was written for other files: by a merge, a
conversion, or before a file was replaced.

Wrong:

\`\`\`json
{ "metadata": { "total_size": 16 }, "weight_map": { "a": "model-00001-of-00001.safetensors" } }
\`\`\`

(and a has 32 bytes)

Right:

\`\`\`json
{ "metadata": { "total_size": 32 }, "weight_map": { "a": "model-00001-of-00001.safetensors" } }
\`\`\``,
  },
  PLN2131: {
    severity: "error",
    title: "adapter without its model",
    messages: {
      default: text`${"folder"} holds an adapter (adapter_model.safetensors), not a model${"base"}`,
    },
    help: "merge the adapter into its base model (merge_and_unload of PEFT) and save that, or name the base model",
    docs: `An adapter changes a model that lies elsewhere. planc trains and inspects whole models.

Wrong:

\`\`\`console
$ ls model
adapter_config.json  adapter_model.safetensors
\`\`\`

Right:

\`\`\`python
PeftModel.from_pretrained(base, "adapter").merge_and_unload().save_pretrained("model")
\`\`\``,
  },
  PLN2132: {
    severity: "warning",
    title: "names of the inner model",
    messages: {
      default: text`the tensors are named as those of the inner model, without model. (${"tensor"})`,
    },
    help: "transformers adds the prefix as it loads; converters and other programs do not: save the causal model instead",
    docs: `A model without its head was saved. transformers finds such names, so the job runs where a head is there too.

Wrong:

\`\`\`python
model.model.save_pretrained("model")
\`\`\`

Right:

\`\`\`python
model.save_pretrained("model")
\`\`\``,
  },
  PLN2133: {
    severity: "error",
    title: "names of another family",
    messages: {
      default: text`config.json says model_type ${"said"}; the tensors have the names of ${"have"}`,
    },
    help: "take the config.json that was saved with these files",
    docs: `Every name in the files is one of the other family, and some are none of this one.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\`

(and the experts are \`block_sparse_moe.experts.0.w1\`)

Right:

\`\`\`json
{ "model_type": "mixtral" }
\`\`\``,
  },
  PLN2134: {
    severity: "error",
    title: "converter for a checkpoint that is stored otherwise",
    messages: {
      default: text`the experts in ${"folder"} are stored as ${"stored"}, not as ${"from"}`,
      bare: text`the tensors in ${"folder"} are named without model. (${"tensor"}), under which the converter finds none`,
    },
    help: "say how they are stored with --from",
    docs: `\`planc convert\` takes a checkpoint to be stored as its family is published, or as \`--from\` says. Where the folder holds weights
their headers are looked at first.

Wrong:

\`\`\`console
$ planc convert /data/qwen3-fused --to gate_up
\`\`\`

Right:

\`\`\`console
$ planc convert /data/qwen3-fused --from fused --to gate_up
\`\`\``,
  },
  PLN2135: {
    severity: "warning",
    title: "layer that lacks what others like it have",
    messages: {
      default: text`layer ${"layer"} lacks ${"tensor"}, which ${"like"} of its kind have`,
      more: text`${"more"} more layers lack tensors that others of their kind have`,
    },
    help: "see that the files are whole: planc has no table of this family, and goes by the other layers",
    docs: `Of families that planc only converts and inspects it knows the experts, not the rest. But layers of one kind have the same
tensors: where a single one has fewer, they were lost.

Wrong:

\`\`\`console
$ planc inspect pruned
warning PLN2135: layer 3 lacks model.layers.3.self_attn.q_proj.weight, which 35 other layers of its kind have
\`\`\`

Right:

\`\`\`console
$ planc inspect whole
\`\`\``,
  },
});
