import type { LayoutName } from "../plan/types.ts";
import type { ConfigReader } from "./config.ts";
import type { Kind, TableSizes } from "./model.ts";

/** The layers that a row of the table stands for; `once`: outside the layers. */
export type Span = "once" | "every" | "moe" | "dense";

/** A row of a family's parameter table, before layers are counted out. */
export interface Row {
  /** In memory, `{layer}` open. */
  readonly name: string;
  /** As published, where that differs. */
  readonly stored?: readonly string[];
  readonly shape: readonly number[];
  readonly kind: Kind;
  readonly span: Span;
  readonly buffer?: true;
  /** Format in the checkpoint, where it is not the config's. */
  readonly dtype?: string;
}

/** What a family makes of a config.json. */
export interface Blueprint {
  readonly rows: readonly Row[];
  /** Modules that hold no parameter, `{layer}` open; their parents follow from the rows. */
  readonly modules: readonly { readonly name: string; readonly span: Span }[];
  readonly isMoe: (layer: number) => boolean;
  /** All that a checkpoint shows, so that inspecting one asks a config for no more. */
  readonly sizes: TableSizes;
  /** The config's key for a size, where it is not the size's own name. */
  readonly keys: Readonly<Record<string, string>>;
  readonly tied: boolean;
}

/** Stored names of the expert weights in one layout, by the name of the in-memory parameter's last part. */
export type StoredExperts = Readonly<Record<string, readonly string[]>>;

/** One model family: everything planc knows about it, in one file. */
export interface Family {
  readonly model_type: string;
  /** The class that transformers builds. */
  readonly architecture: string;
  readonly published: LayoutName;
  /** The layouts that its checkpoints come in, and how each names the experts. */
  readonly layouts: Readonly<Partial<Record<LayoutName, StoredExperts>>>;
  /** Numbers of layers behind the model's own that transformers leaves out without a word: heads for further tokens. */
  readonly unread?: readonly number[];
  build(config: ConfigReader): Blueprint;
}
