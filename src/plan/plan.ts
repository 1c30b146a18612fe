import type { Related } from "../diagnostics/diagnostic.ts";
import type { Path } from "../source/path.ts";
import type { Part, Source } from "../source/source.ts";
import type { Location } from "../text/location.ts";
import type { Scheduling } from "./scheduling.ts";
import type { TaskName } from "./task.ts";
import type {
  EpImplementation,
  FabricName,
  FloatName,
  GpuSection,
  LayoutName,
  LoraSection,
  RecomputeName,
  VersionsSection,
} from "./types.ts";

/** Where a value came from. `reason` says why in words, for `explain`, hover texts and the report. */
export interface Origin {
  readonly from: "written" | "default" | "inferred";
  readonly reason?: string;
}

/** The origin of a value that the plan leaves to planc. */
export function inferred(reason: string): Origin {
  return { from: "inferred", reason };
}

/** Dotted path → origin. */
export type Provenance = Readonly<Record<string, Origin>>;

/** What is written where: the plan's file and the shared files that its sections name, seen as one document. */
export interface Written {
  /** Every source, the plan's own first. */
  readonly sources: readonly Source[];
  has(path: string | Path): boolean;
  /** The place of a value or of its key; of its nearest written ancestor when it is not written. */
  at(path: string | Path, part?: Part): Location;
  via(path: string | Path): readonly Related[];
  /** A number, true or false exactly as it is written, where the value alone does not tell: `1.0`, `010`, `1e400`. */
  raw(path: string | Path): string | undefined;
  /** The file in which `path` is written: paths inside it are relative to that file's folder. */
  fileOf(path: string | Path): string;
}

/** The expert-parallel rules of the plan: none written (`default`), or overrides as written. */
export type EpPlanOverrides = Readonly<Record<string, string>>;

/** Where rows come from. */
export interface DataSource {
  readonly path: string;
  readonly name: string | undefined;
  readonly split: string;
}

type Defaulted =
  | "r"
  | "lora_alpha"
  | "lora_dropout"
  | "use_rslora"
  | "init_lora_weights"
  | "rank_pattern"
  | "alpha_pattern"
  | "bias";

/** `lora` with PEFT's defaults. */
export type Lora = Omit<LoraSection, Defaulted> & Required<Pick<LoraSection, Defaulted>>;

/** The plan with its defaults filled in. Values are as written otherwise; nothing here depends on the model. */
export interface Plan {
  readonly written: Written;
  readonly provenance: Provenance;
  readonly name: string;
  readonly model: {
    /** As written. */
    readonly config: string;
    /** The file to read, seen from the working directory. */
    readonly configFile: string;
    readonly checkpoint: string;
    readonly revision: string | undefined;
    readonly layout: LayoutName | undefined;
    /** Undefined when not written: the checkpoint's own. */
    readonly tokenizer: string | undefined;
    readonly tokenizer_revision: string | undefined;
    /** Undefined when not written: what the release takes for the family. */
    readonly attn_implementation: string | undefined;
  };
  readonly stack: { readonly engine: string; readonly trainer: string; readonly untested: boolean };
  readonly versions: VersionsSection;
  readonly cluster: {
    readonly gpu: string | GpuSection;
    readonly nodes: number;
    readonly gpus_per_node: number;
    readonly scheduler: Scheduling;
    readonly activate: string | undefined;
    readonly fabric: FabricName | undefined;
    readonly fabric_env: string | undefined;
    readonly env: Readonly<Record<string, string>>;
  };
  readonly parallelism: {
    readonly ep_size: number;
    /** Undefined when not written: the mesh solver infers it from the cluster. */
    readonly fsdp_size: number | undefined;
    readonly tp_size: number;
    readonly dp_replicate_size: number;
    readonly pp_size: number;
    readonly base_model_ep_plan: EpPlanOverrides;
    readonly ep_implementation: EpImplementation;
    /** Undefined when not written: not known. */
    readonly rank_load: number | undefined;
  };
  readonly precision: { readonly parameters: FloatName; readonly compute: FloatName; readonly reduce: FloatName };
  /** Where it is not written, `full` until the memory of a step is foreseen. */
  readonly recompute: RecomputeName;
  readonly data: DataSource & {
    /** What evaluations look at; undefined where the plan has no such rows. */
    readonly evaluation: DataSource | undefined;
  };
  /** The section that says how to train, "sft". */
  readonly task: TaskName;
  /** What is written there: the trainer's own options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Undefined where the whole model is trained. */
  readonly lora: Lora | undefined;
  readonly conversion: { readonly to: LayoutName; readonly max_shard_size: string } | undefined;
  readonly export: {
    /** Undefined when not written: as the family is published. */
    readonly layout: LayoutName | undefined;
    /** Undefined when not written: the config.json's. */
    readonly dtype: FloatName | undefined;
    readonly max_shard_size: string;
  };
}
