import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN2130 = diagnostic("PLN2130", {
  severity: "warning",
  messages: {
    default: text`${"index"} says total_size ${"said"}; the tensors of its files have ${"have"} bytes`,
  },
  help: "no loader needs the number; a file of another saving would change it, so see where it comes from",
});

export const PLN2131 = diagnostic("PLN2131", {
  severity: "error",
  messages: {
    default: text`${"folder"} holds an adapter (adapter_model.safetensors), not a model${"base"}`,
  },
  help: "merge the adapter into its base model (merge_and_unload of PEFT) and save that, or name the base model",
});

export const PLN2132 = diagnostic("PLN2132", {
  severity: "warning",
  messages: {
    default: text`the tensors are named as those of the inner model, without model. (${"tensor"})`,
  },
  help: "transformers adds the prefix as it loads; converters and other programs do not: save the causal model instead",
});

export const PLN2133 = diagnostic("PLN2133", {
  severity: "error",
  messages: {
    default: text`config.json says model_type ${"said"}; the tensors have the names of ${"have"}`,
  },
  help: "take the config.json that was saved with these files",
});

export const PLN2134 = diagnostic("PLN2134", {
  severity: "error",
  messages: {
    default: text`the experts in ${"folder"} are stored as ${"stored"}, not as ${"from"}`,
    bare: text`the tensors in ${"folder"} are named without model. (${"tensor"}), under which the converter finds none`,
  },
  help: "say how they are stored with --from",
});

export const PLN2135 = diagnostic("PLN2135", {
  severity: "warning",
  messages: {
    default: text`layer ${"layer"} lacks ${"tensor"}, which ${"like"} of its kind have`,
    more: text`${"more"} more layers lack tensors that others of their kind have`,
  },
  help: "see that the files are whole: planc has no table of this family, and goes by the other layers",
});

export const pages = {
  PLN2130: {
    title: "index that gives another size than its files have",
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
    title: "adapter without its model",
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
    title: "names of the inner model",
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
    title: "names of another family",
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
    title: "converter for a checkpoint that is stored otherwise",
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
    title: "layer that lacks what others like it have",
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
} satisfies Pages;
