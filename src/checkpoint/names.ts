import type { CheckpointFile } from "./folder.ts";
import { patternOf } from "./slots.ts";
import type { StoredTensor } from "./tensors.ts";

/** A stored tensor, and its name as a table of parameters would write it. */
export interface Named {
  /** Name of the file that holds it. */
  readonly file: string;
  readonly tensor: StoredTensor;
  /** The name with its numbers as `*`, and without what a training program put around it. */
  readonly pattern: string;
  readonly numbers: readonly number[];
  /** What was around it. */
  readonly wrapping?: Wrapping;
}

/** What a training program puts around the names of the modules that it wraps. */
export interface Wrapping {
  readonly text: string;
  readonly by: string;
  readonly pattern: RegExp;
}

const wrappings: readonly Wrapping[] = [
  { text: "module.", by: "DistributedDataParallel or DeepSpeed", pattern: /^module\./ },
  { text: "base_model.model.", by: "PEFT", pattern: /^base_model\.model\./ },
  { text: "base_layer.", by: "PEFT", pattern: /(?<=\.)base_layer\./ },
  { text: "_orig_mod.", by: "torch.compile", pattern: /(?<=^|\.)_orig_mod\./g },
  { text: "_fsdp_wrapped_module.", by: "FSDP", pattern: /(?<=^|\.)_fsdp_wrapped_module\./g },
  {
    text: "_checkpoint_wrapped_module.",
    by: "activation checkpointing",
    pattern: /(?<=^|\.)_checkpoint_wrapped_module\./g,
  },
];

/** The tensors of a checkpoint by name. */
export interface Names {
  readonly all: readonly Named[];
  /** Whether the names begin behind `model.`, as those of the inner model do. transformers takes both. */
  readonly isBare: boolean;
}

/** Reads the names of all tensors. `isPrefixed`: whether the family's own names begin with `model.`. */
export function namesOf(files: readonly CheckpointFile[], isPrefixed: boolean): Names {
  const all = files.flatMap(({ name: file, tensors }) => tensors.map((tensor) => named(file, tensor)));
  const has = (start: string) => all.some(({ pattern }) => pattern.startsWith(start));
  const isBare = isPrefixed && !has("model.") && has("layers.*.");
  if (!isBare) return { all, isBare };
  const inner = /^(layers|embed_tokens|norm|rotary_emb)\./;
  return {
    all: all.map((each) => (inner.test(each.pattern) ? { ...each, pattern: `model.${each.pattern}` } : each)),
    isBare,
  };
}

function named(file: string, tensor: StoredTensor): Named {
  let name = tensor.name;
  let wrapping: Wrapping | undefined;
  for (const each of wrappings) {
    if (!name.includes(each.text)) continue;
    const bare = name.replace(each.pattern, "");
    if (bare !== name) wrapping ??= each;
    name = bare;
  }
  return { file, tensor, ...patternOf(name), ...(wrapping === undefined ? {} : { wrapping }) };
}
