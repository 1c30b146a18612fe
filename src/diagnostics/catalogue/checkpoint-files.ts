import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN2101 = diagnostic("PLN2101", {
  severity: "error",
  messages: {
    default: text`${"file"} is no safetensors file: ${"what"}`,
    more: text`${"more"} more files in ${"folder"} are broken`,
  },
  help: "copy or download the file again",
});

export const PLN2102 = diagnostic("PLN2102", {
  severity: "error",
  messages: {
    default: text`${"file"} is no safetensors file: its header would have ${"length"} bytes, ${"limit"} are allowed`,
  },
  help: "see that it is a safetensors file, and not a pickle or an archive of that name",
});

export const PLN2103 = diagnostic("PLN2103", {
  severity: "error",
  messages: {
    default: text`${"file"} is cut off: its header ends at byte ${"end"} of ${"size"}`,
    tiny: text`${"file"} is cut off: ${"size"} bytes hold no safetensors header`,
    tensors: text`${"file"} is cut off: its tensors end at byte ${"end"} of ${"size"}`,
  },
  help: "copy or download the file again",
});

export const PLN2104 = diagnostic("PLN2104", {
  severity: "error",
  messages: {
    default: text`${"file"} has a hole: ${"tensor"} begins at byte ${"begin"} of the data, the tensor before it ends at ${"end"}`,
    overlap: text`${"file"} has tensors that overlap: ${"tensor"} begins at byte ${"begin"} of the data, before ${"end"}`,
    surplus: text`${"file"} has bytes that belong to no tensor: its tensors end at byte ${"end"} of ${"size"}`,
  },
  help: "copy or download the file again",
});

export const PLN2105 = diagnostic("PLN2105", {
  severity: "error",
  messages: { default: text`${"file"} is no index of a checkpoint: ${"what"}` },
  help: "copy or download the file again",
});

export const PLN2106 = diagnostic("PLN2106", {
  severity: "error",
  messages: {
    default: text`${"file"} puts ${"tensors"} in ${"name"}, which is no plain name of a safetensors file`,
    more: text`${"file"} names ${"more"} more files that have no plain name`,
  },
  help: "do not load this checkpoint before you know who wrote its index",
});

export const PLN2107 = diagnostic("PLN2107", {
  severity: "error",
  messages: {
    default: text`${"name"} is missing: the index puts ${"tensors"} in it, one of ${"files"} files`,
    more: text`${"more"} more files of the index are missing`,
  },
  help: "download what is missing: hf download continues where it stopped",
});

export const PLN2108 = diagnostic("PLN2108", {
  severity: "warning",
  messages: {
    default: text`${"name"} is not named in ${"index"}: nothing loads it`,
    more: text`${"more"} more safetensors files are not named in ${"index"}`,
  },
  help: "remove it if it is a leftover; published folders also hold copies for other programs (consolidated.safetensors)",
});

export const PLN2109 = diagnostic("PLN2109", {
  severity: "error",
  messages: {
    default: text`model.safetensors lies beside ${"index"}, which does not name it: loaders take one or the other`,
  },
  help: "remove the one that is out of date",
});

export const PLN2110 = diagnostic("PLN2110", {
  severity: "error",
  messages: {
    default: text`${"folder"} holds neither model.safetensors nor ${"index"}`,
    unindexed: text`${"folder"} holds ${"files"} and neither model.safetensors nor ${"index"}: loaders find none of them`,
  },
  help: "name the folder that the model was saved to or downloaded to",
});

export const pages = {
  PLN2101: {
    title: "not a safetensors file",
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
    title: "safetensors header too large",
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
    title: "checkpoint file cut off",
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
    title: "tensors do not fill their file",
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
    title: "index that cannot be used",
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
    title: "index names a file outside its folder",
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
    title: "file of a checkpoint is missing",
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
    title: "file that the index does not name",
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
    title: "two checkpoints in one folder",
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
    title: "no checkpoint in the folder",
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
} satisfies Pages;
