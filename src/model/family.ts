import type { LayoutName } from "../plan/types.ts";
import type { ConfigReader } from "./config.ts";
import type { Kind, TableSizes } from "./model.ts";
import type { Default, Layouts, OtherRecord } from "./record.ts";
import type { Values } from "./values.ts";

/** A row of a family's parameter table: as `Parameter`, before a layout says how the experts are stored. */
export interface Row {
  /** In memory, `{layer}` open. */
  readonly name: string;
  /** As published, where that differs. */
  readonly stored?: string;
  readonly shape: readonly number[];
  readonly kind: Kind;
  /** Layer indices, ascending; null outside the layers. */
  readonly layers: readonly number[] | null;
  readonly buffer?: true;
}

/** What a family makes of a config.json. */
export interface Blueprint {
  /** Of the language model. */
  readonly rows: readonly Row[];
  /** Modules that hold no parameter, `{layer}` open; their parents follow from the rows. */
  readonly modules: readonly string[];
  /** Layers that hold routed experts. */
  readonly moeLayers: readonly number[];
  /** All that a checkpoint shows, so that inspecting one asks a config for no more. */
  readonly sizes: TableSizes;
  /** Where the language model stands in memory. */
  readonly base: string;
  /** Keys that lead to what gives the sizes. */
  readonly part: readonly string[];
  /** The config's key for a size, where it is not the size's own name. */
  readonly keys: Readonly<Record<string, string>>;
  readonly tied: boolean;
  /** Modules beside the language model, by their paths in memory. */
  readonly towers: readonly string[];
  /** Of these, the ones that are no module but a single parameter. */
  readonly towerParameters: readonly string[];
  /** Parameters in them. */
  readonly towerSize: number;
}

/** The language model of a config. */
export interface Language {
  readonly model_type: string;
  readonly values: Values;
}

/** One model family: what planc makes of its record. */
export interface Family {
  readonly model_type: string;
  /** The class that transformers builds; undefined where it has none for this type alone. */
  readonly architecture: string | undefined;
  readonly published: LayoutName;
  /** The layouts that its checkpoints come in, and how each names the experts. */
  readonly layouts: Layouts;
  readonly beside: readonly string[];
  /** Numbers of layers behind the model's own that transformers leaves out without a word: heads for further tokens. */
  readonly unread: readonly number[];
  /** What is missing or left over beside the experts can be said of its checkpoints. */
  readonly compared: boolean;
  /** Further language models inside, whose experts are stored too. */
  readonly others: readonly OtherRecord[];
  /** Keys of config.json that lead to the language model, where it is a part of the model. */
  readonly language: readonly string[];
  /** Type of the language model. */
  readonly text_type: string;
  /** A config.json of a model of the same structure at toy size. */
  readonly toy: Readonly<Record<string, unknown>>;
  build(config: ConfigReader): Blueprint;
  /** The language model's own type, and the values of its config, over which its formulas are. */
  languageOf(config: ConfigReader, defaults?: Readonly<Record<string, Default>>): Language;
  /** Reads what training alone asks for: experts that a token goes to. */
  perToken(config: ConfigReader): { readonly key: string; readonly size: number };
}

/** The name of an expert parameter in the module of experts: "gate_up_proj", "fc1.weight". */
export function expertPart(name: string): string {
  const at = name.lastIndexOf("experts.");
  return at === -1 ? name.slice(name.lastIndexOf(".") + 1) : name.slice(at + "experts.".length);
}
