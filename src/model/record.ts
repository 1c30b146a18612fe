import type { LayoutName } from "../plan/types.ts";
import type { Kind } from "./model.ts";

/** Stored names of the expert weights in one layout, by the name of the in-memory parameter in the module of experts. */
export type StoredExperts = Readonly<Record<string, readonly string[]>>;

export type Layouts = Readonly<Partial<Record<LayoutName, StoredExperts>>>;

/** A value, or a formula over other keys where it is a text. */
export type Default = number | boolean | string | readonly unknown[] | null;

/** A tensor of a family, or one in each of its layers: `{layer}` open. Shapes and conditions are formulas. */
export interface TensorRecord {
  /** In memory. */
  readonly name: string;
  /** As the family is published, where that differs. */
  readonly stored?: string;
  readonly kind: Kind;
  readonly shape: readonly string[];
  /** What must hold of the config, and of layer `i`. */
  readonly when?: string;
  readonly buffer?: true;
}

/** A tensor of a part beside the language model, or several of them. */
export interface TowerRecord {
  readonly name: string;
  readonly shape: readonly string[];
  readonly when?: string;
  /** How many there are. */
  readonly repeat?: string;
}

/** What a config says of every layer in turn. */
export interface ListRule {
  /** What holds for layer `i` where the config has no such list. */
  readonly formula?: string;
  /** The class works the list out, and looks for none in the config. */
  readonly computed?: true;
  /** What the class takes for a word of the list. */
  readonly rename?: Readonly<Record<string, string>>;
}

interface Stored {
  readonly published: LayoutName;
  /** The layouts that its checkpoints come in or are converted to, and how each names the experts. */
  readonly layouts: Layouts;
  /** Last parts of names that stand among the experts without being one: a bias of the router. */
  readonly beside?: readonly string[];
  /** Numbers of layers behind the model's own that transformers leaves out without a word: heads for further tokens. */
  readonly unread?: readonly number[];
  /** The name of every tensor was held against published checkpoints, not only those of the experts. */
  readonly compared?: true;
  readonly toy: Readonly<Record<string, unknown>>;
}

/** A language model: what transformers builds of a config of this type, read by `scripts/extract_families.py`. */
export interface TextRecord extends Stored {
  readonly model_type: string;
  /** The class that builds it alone; left out where there is none. */
  readonly architecture?: string;
  /** planc's names of sizes → the keys of this family, where they are others. */
  readonly sizes?: Readonly<Record<string, string>>;
  /** Key → other spellings of it. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly defaults: Readonly<Record<string, Default>>;
  /** What stands for a key that is null, where that is not the same as nothing. */
  readonly nulls?: Readonly<Record<string, Default>>;
  readonly lists?: Readonly<Record<string, ListRule>>;
  readonly tensors: readonly TensorRecord[];
  /** Modules that hold no parameter, and when they are there. */
  readonly modules: readonly (readonly [name: string, when?: string])[];
}

/** A further language model inside a model of several parts: its experts are stored as those of `type` are. */
export interface OtherRecord {
  readonly type: string;
  readonly config: readonly string[];
  /** What its published names begin with in place of `model.`. */
  readonly stored: string;
  /** The key of the whole config that says whether it is there; it is where the key is left out. */
  readonly flag: string;
}

/** A model of several parts. */
export interface CompositeRecord extends Stored {
  readonly model_type: string;
  readonly architecture: string;
  readonly text: {
    /** Of the language model, where its own config does not say. */
    readonly type: string;
    /** Keys that lead to the language model's config. */
    readonly config: readonly string[];
    /** What names begin with in place of `model.` and of `lm_head.`, in memory and as published. */
    readonly memory: readonly [model: string, head: string];
    readonly stored: readonly [model: string, head: string];
  };
  /** The key that leads to the config of the class, where that is a part of the published one. */
  readonly within?: string;
  readonly defaults?: Readonly<Record<string, Default>>;
  readonly towers: readonly TowerRecord[];
  readonly others?: readonly OtherRecord[];
}

export type FamilyRecord = TextRecord | CompositeRecord;

export function isComposite(record: FamilyRecord): record is CompositeRecord {
  return "text" in record;
}
