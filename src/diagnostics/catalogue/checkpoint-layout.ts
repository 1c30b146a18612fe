import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN2111 = diagnostic("PLN2111", {
  severity: "error",
  messages: {
    default: text`${"file"} lacks ${"tensor"}, which ${"index"} puts there`,
    elsewhere: text`${"file"} holds ${"tensor"}, which ${"is"} in ${"other"} by ${"index"}`,
    unlisted: text`${"file"} holds ${"tensor"}, which ${"is"} not in ${"index"}`,
    twice: text`${"file"} holds ${"tensor"}, which ${"is"} in ${"other"} too`,
    more: text`in ${"more"} more files it is the same`,
  },
  help: "the index and the files are of two savings: take both from the same one",
});

export const PLN2112 = diagnostic("PLN2112", {
  severity: "error",
  messages: {
    default: text`layer ${"layer"} lacks ${"missing"} of its ${"all"} tensors of experts, ${"tensor"} first`,
    layers: text`${"layers"} no experts; config.json has ${"experts"} in each`,
    none: text`no tensor has the name of an expert of ${"model_type"}: ${"tensor"} is expected first`,
    more: text`experts are missing in ${"more"} more layers`,
  },
  help: "see that config.json belongs to these files, and that the conversion which wrote them came to its end",
});

export const PLN2113 = diagnostic("PLN2113", {
  severity: "error",
  messages: {
    default: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}`,
    many: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}; ${"others"} of experts ${"are"} not as it says either`,
    expert: text`${"tensor"} is of expert ${"expert"}; config.json has ${"experts"}, the last is ${"last"}`,
    dense: text`layer ${"layer"} holds experts (${"tensor"}); by config.json it has none`,
    more: text`${"more"} more tensors of experts are not as config.json says`,
  },
  help: "take the config.json that was saved with these files",
});

export const PLN2114 = diagnostic("PLN2114", {
  severity: "error",
  messages: {
    default: text`the experts are stored in several layouts: ${"layouts"}`,
    both: text`${"layers"} experts in two layouts, ${"first"} and ${"second"} (${"tensor"})`,
  },
  help: "convert the whole checkpoint again from the one that it was made of",
});

export const PLN2115 = diagnostic("PLN2115", {
  severity: "error",
  messages: {
    default: text`the plan takes the experts of ${"checkpoint"} to be stored as ${"planned"}; they are stored as ${"stored"}`,
    published: text`${"model_type"} is published as ${"planned"}, which the plan leaves to be the layout; ${"checkpoint"} is stored as ${"stored"}`,
  },
  help: "planc inspect FOLDER --write PLAN records how a checkpoint is stored",
});

export const PLN2116 = diagnostic("PLN2116", {
  severity: "warning",
  messages: {
    default: text`planc does not know how ${"model_type"} stores its experts, so their layout is not judged`,
  },
});

export const PLN2117 = diagnostic("PLN2117", {
  severity: "error",
  messages: {
    default: text`layout ${"layout"} cannot be recorded in ${"plan"}: ${"why"}`,
    unknown: text`there is no layout to record in ${"plan"}: ${"why"}`,
  },
  help: "write it by hand: model.layout",
});

export const PLN2118 = diagnostic("PLN2118", {
  severity: "error",
  messages: {
    default: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}`,
    many: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}; ${"others"} beside the experts ${"are"} not as it says either`,
  },
  help: "take the config.json that was saved with these files",
});

export const pages = {
  PLN2111: {
    title: "tensors are not where the index says",
    docs: `Loaders differ in whether they follow the index or the files, so that each loads another model, or one with random weights.

Wrong:

\`\`\`json
{ "weight_map": { "a": "model-00001-of-00002.safetensors" } }
\`\`\`

(and a is in model-00002-of-00002.safetensors)

Right:

\`\`\`json
{ "weight_map": { "a": "model-00002-of-00002.safetensors" } }
\`\`\``,
  },
  PLN2112: {
    title: "experts are missing",
    docs: `transformers fills a parameter that it does not find with random numbers and says so in a log line. A model with random experts
trains, with a higher loss.

Wrong:

\`\`\`console
$ planc inspect half-converted
error PLN2112: layers 24 to 47 hold no experts; config.json has 128 in each
\`\`\`

Right:

\`\`\`console
$ planc inspect converted
\`\`\``,
  },
  PLN2113: {
    title: "experts are not as config.json says",
    docs: `The sizes in config.json and the shapes of the stored experts are those of two models. Loading fails, or goes on with random
weights where a loader allows other sizes.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "moe_intermediate_size": 1536 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "moe_intermediate_size": 768 }
\`\`\`

(where the experts' gates have 768 rows)`,
  },
  PLN2114: {
    title: "experts are stored in several layouts",
    docs: `Two savings were mixed, or a conversion stopped half-way. No loader expects it: what it does not find it fills with random
numbers.

Wrong:

\`\`\`console
$ planc inspect mixed
error PLN2114: the experts are stored in several layouts: layers 0 to 23 as per_expert, layers 24 to 47 as gate_up
\`\`\`

Right:

\`\`\`console
$ python3 convert-to-gate_up/convert.py --source original --output converted
\`\`\``,
  },
  PLN2115: {
    title: "checkpoint is stored otherwise than the plan says",
    docs: `\`model.layout\` decides whether the job converts its checkpoint before it loads it. With the wrong one the job does not find its
experts, and trains random ones.

Wrong:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
  checkpoint: /data/qwen3-fused                # three stacks in each layer
  layout: per_expert
\`\`\`

Right:

\`\`\`yaml
model:
  config: models/qwen3-30b-a3b/config.json
  checkpoint: /data/qwen3-fused
  layout: fused
\`\`\``,
  },
  PLN2116: {
    title: "storage of the family is not known",
    docs: `The files and their index are judged for any model. Which tensors are experts, and whether all are there, can only be said of a
family whose names planc has.

Wrong:

\`\`\`json
{ "model_type": "qwen3" }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe" }
\`\`\``,
  },
  PLN2117: {
    title: "layout cannot be recorded",
    docs: `\`planc inspect FOLDER --write PLAN\` changes the value of \`model.layout\` or adds a line, and nothing else in the file. It refuses
where it cannot: for a checkpoint with errors, for one of several layouts, for a section that is shared with other keys by a YAML
alias.

Wrong:

\`\`\`console
$ planc inspect mixed --write plans/mine.yaml
\`\`\`

Right:

\`\`\`console
$ planc inspect converted --write plans/mine.yaml
\`\`\``,
  },
  PLN2118: {
    title: "tensors beside the experts are not as config.json says",
    docs: `The sizes in config.json and the shapes of the stored attention, norms, routers, embeddings or dense layers are those of two
models. Loading fails, or goes on with random weights where a loader allows other sizes.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "vocab_size": 152064 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "vocab_size": 151936 }
\`\`\`

(where the embedding has 151,936 rows)`,
  },
} satisfies Pages;
