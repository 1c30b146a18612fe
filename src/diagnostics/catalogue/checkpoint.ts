import { entries, text } from "../entry.ts";

const again = "copy or download the file again";

export const checkpoint = entries({
  PLN2101: {
    severity: "error",
    title: "not a safetensors file",
    messages: {
      default: text`${"file"} is no safetensors file: ${"what"}`,
      more: text`${"more"} more files in ${"folder"} are broken`,
    },
    help: again,
    docs: `The header of a safetensors file names each tensor with its format, its shape and its place, and nothing else. planc refuses
whatever the reference parser refuses, and what other parsers read differently: names written twice, unknown fields,
whitespace in front.

Wrong:

\`\`\`json
{ "weight": { "dtype": "F32", "shape": [2.0], "data_offsets": [0, 8] } }
\`\`\`

Right:

\`\`\`json
{ "weight": { "dtype": "F32", "shape": [2], "data_offsets": [0, 8] } }
\`\`\``,
  },
  PLN2102: {
    severity: "error",
    title: "safetensors header too large",
    messages: {
      default: text`${"file"} is no safetensors file: its header would have ${"length"} bytes, ${"limit"} are allowed`,
    },
    help: "see that it is a safetensors file, and not a pickle or an archive of that name",
    docs: `A safetensors file begins with the length of its header. In a file of another kind the same eight bytes say something else,
which read as a length is absurd.

Wrong:

\`\`\`console
$ mv pytorch_model.bin model.safetensors
\`\`\`

Right:

\`\`\`python
safetensors.torch.save_file(state_dict, "model.safetensors", metadata={"format": "pt"})
\`\`\``,
  },
  PLN2103: {
    severity: "error",
    title: "checkpoint file cut off",
    messages: {
      default: text`${"file"} is cut off: its header ends at byte ${"end"} of ${"size"}`,
      tiny: text`${"file"} is cut off: ${"size"} bytes hold no safetensors header`,
      tensors: text`${"file"} is cut off: its tensors end at byte ${"end"} of ${"size"}`,
    },
    help: again,
    docs: `The file ends before what its header describes does: a download or a copy was interrupted, or the disk was full.

Wrong:

\`\`\`console
$ scp cluster:model/model.safetensors .        # interrupted
\`\`\`

Right:

\`\`\`console
$ rsync --partial cluster:model/model.safetensors .
\`\`\``,
  },
  PLN2104: {
    severity: "error",
    title: "tensors do not fill their file",
    messages: {
      default: text`${"file"} has a hole: ${"tensor"} begins at byte ${"begin"} of the data, the tensor before it ends at ${"end"}`,
      overlap: text`${"file"} has tensors that overlap: ${"tensor"} begins at byte ${"begin"} of the data, before ${"end"}`,
      surplus: text`${"file"} has bytes that belong to no tensor: its tensors end at byte ${"end"} of ${"size"}`,
    },
    help: again,
    docs: `Tensors follow one another without a gap from the end of the header to the end of the file. Bytes that belong to no tensor can
hide another file, and two tensors on the same bytes are not what was saved.

Wrong:

\`\`\`json
{ "a": { "dtype": "U8", "shape": [4], "data_offsets": [0, 4] }, "b": { "dtype": "U8", "shape": [4], "data_offsets": [8, 12] } }
\`\`\`

Right:

\`\`\`json
{ "a": { "dtype": "U8", "shape": [4], "data_offsets": [0, 4] }, "b": { "dtype": "U8", "shape": [4], "data_offsets": [4, 8] } }
\`\`\``,
  },
  PLN2105: {
    severity: "error",
    title: "index that cannot be used",
    messages: { default: text`${"file"} is no index of a checkpoint: ${"what"}` },
    help: again,
    docs: `\`weight_map\` in model.safetensors.index.json says for each tensor which file holds it.

Wrong:

\`\`\`json
{ "metadata": { "total_size": 16 } }
\`\`\`

Right:

\`\`\`json
{ "metadata": { "total_size": 16 }, "weight_map": { "lm_head.weight": "model-00001-of-00002.safetensors" } }
\`\`\``,
  },
  PLN2106: {
    severity: "error",
    title: "index names a file outside its folder",
    messages: {
      default: text`${"file"} puts ${"tensors"} in ${"name"}, which is no plain name of a safetensors file`,
      more: text`${"file"} names ${"more"} more files that have no plain name`,
    },
    help: "do not load this checkpoint before you know who wrote its index",
    docs: `Loaders join the names in an index to the folder without looking at them. A name with \`..\` or a slash in it makes them read, and
converters overwrite, something else on the machine.

Wrong:

\`\`\`json
{ "weight_map": { "lm_head.weight": "../../other/model.safetensors" } }
\`\`\`

Right:

\`\`\`json
{ "weight_map": { "lm_head.weight": "model-00002-of-00002.safetensors" } }
\`\`\``,
  },
  PLN2107: {
    severity: "error",
    title: "file of a checkpoint is missing",
    messages: {
      default: text`${"name"} is missing: the index puts ${"tensors"} in it, one of ${"files"} files`,
      more: text`${"more"} more files of the index are missing`,
    },
    help: "download what is missing: hf download continues where it stopped",
    docs: `The index names a file that is not in the folder. Some loaders leave its tensors at random values without a word.

Wrong:

\`\`\`console
$ ls model
config.json  model-00001-of-00002.safetensors  model.safetensors.index.json
\`\`\`

Right:

\`\`\`console
$ ls model
config.json  model-00001-of-00002.safetensors  model-00002-of-00002.safetensors  model.safetensors.index.json
\`\`\``,
  },
  PLN2108: {
    severity: "warning",
    title: "file that the index does not name",
    messages: {
      default: text`${"name"} is not named in ${"index"}: nothing loads it`,
      more: text`${"more"} more safetensors files are not named in ${"index"}`,
    },
    help: "remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)",
    docs: `What the index does not name is not part of the checkpoint. It takes room, and a part of the checkpoint may be what was meant.

Wrong:

\`\`\`console
$ ls model
model-00001-of-00001.safetensors  model-00002-of-00002.safetensors  model.safetensors.index.json
\`\`\`

Right:

\`\`\`console
$ ls model
model-00001-of-00001.safetensors  model.safetensors.index.json
\`\`\``,
  },
  PLN2109: {
    severity: "error",
    title: "two checkpoints in one folder",
    messages: {
      default: text`model.safetensors lies beside ${"index"}, which does not name it: loaders take one or the other`,
    },
    help: "remove the one that is out of date",
    docs: `transformers loads model.safetensors where there is one and ignores the index; other programs do the opposite.

Wrong:

\`\`\`console
$ ls model
model-00001-of-00001.safetensors  model.safetensors  model.safetensors.index.json
\`\`\`

Right:

\`\`\`console
$ ls model
model-00001-of-00001.safetensors  model.safetensors.index.json
\`\`\``,
  },
  PLN2110: {
    severity: "error",
    title: "no checkpoint in the folder",
    messages: {
      default: text`${"folder"} holds neither model.safetensors nor ${"index"}`,
      unindexed: text`${"folder"} holds ${"files"} and neither model.safetensors nor ${"index"}: loaders find none of them`,
    },
    help: "name the folder that the model was saved to or downloaded to",
    docs: `A checkpoint is one file, model.safetensors, or several and an index, model.safetensors.index.json, that says which tensor is in
which. Loaders look for these two names.

Wrong:

\`\`\`console
$ planc inspect ~/.cache/huggingface/hub/models--Qwen--Qwen3-30B-A3B
\`\`\`

Right:

\`\`\`console
$ planc inspect ~/.cache/huggingface/hub/models--Qwen--Qwen3-30B-A3B/snapshots/ad44e777bcd18fa416d9da3bd8f70d33ebb85d39
\`\`\``,
  },
  PLN2111: {
    severity: "error",
    title: "tensors are not where the index says",
    messages: {
      default: text`${"file"} lacks ${"tensor"}, which ${"index"} puts there`,
      elsewhere: text`${"file"} holds ${"tensor"}, which ${"is"} in ${"other"} by ${"index"}`,
      unlisted: text`${"file"} holds ${"tensor"}, which ${"is"} not in ${"index"}`,
      twice: text`${"file"} holds ${"tensor"}, which ${"is"} in ${"other"} too`,
      more: text`in ${"more"} more files it is the same`,
    },
    help: "the index and the files are of two savings: take both from the same one",
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
    severity: "error",
    title: "experts are missing",
    messages: {
      default: text`layer ${"layer"} lacks ${"missing"} of its ${"all"} tensors of experts, ${"tensor"} first`,
      layers: text`${"layers"} no experts; config.json has ${"experts"} in each`,
      none: text`no tensor has the name of an expert of ${"model_type"}: ${"tensor"} is expected first`,
      more: text`experts are missing in ${"more"} more layers`,
    },
    help: "see that config.json belongs to these files, and that the conversion which wrote them came to its end",
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
    severity: "error",
    title: "experts are not as config.json says",
    messages: {
      default: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}`,
      many: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}; ${"others"} of experts are not as it says either`,
      expert: text`${"tensor"} is of expert ${"expert"}; config.json has ${"experts"}, the last is ${"last"}`,
      dense: text`layer ${"layer"} holds experts (${"tensor"}); by config.json it has none`,
      more: text`${"more"} more tensors of experts are not as config.json says`,
    },
    help: "take the config.json that was saved with these files",
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
    severity: "error",
    title: "experts are stored in several layouts",
    messages: {
      default: text`the experts are stored in several layouts: ${"layouts"}`,
      both: text`${"layers"} experts in two layouts, ${"first"} and ${"second"} (${"tensor"})`,
    },
    help: "convert the whole checkpoint again from the one that it was made of",
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
    severity: "error",
    title: "checkpoint is stored otherwise than the plan says",
    messages: {
      default: text`the plan takes the experts of ${"checkpoint"} to be stored as ${"planned"}; they are stored as ${"stored"}`,
      published: text`${"model_type"} is published as ${"planned"}, which the plan leaves to be the layout; ${"checkpoint"} is stored as ${"stored"}`,
    },
    help: "planc inspect FOLDER --write PLAN records how a checkpoint is stored",
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
    severity: "warning",
    title: "storage of the family is not known",
    messages: {
      default: text`planc does not know how ${"model_type"} stores its experts, so their layout is not judged; it knows ${"supported"}`,
    },
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
  PLN2118: {
    severity: "error",
    title: "tensors beside the experts are not as config.json says",
    messages: {
      default: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}`,
      many: text`${"tensor"} is ${"shape"}; by config.json it is ${"wanted"}; ${"others"} beside the experts are not as it says either`,
    },
    help: "take the config.json that was saved with these files",
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
  PLN2117: {
    severity: "error",
    title: "layout cannot be recorded",
    messages: {
      default: text`layout ${"layout"} cannot be recorded in ${"plan"}: ${"why"}`,
      unknown: text`there is no layout to record in ${"plan"}: ${"why"}`,
    },
    help: "write it by hand: model.layout",
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
});
