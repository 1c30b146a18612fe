import type { FloatName, LayoutName } from "../plan/types.ts";

/** What becomes of the plan's checkpoint before the job loads it, and why. */
export interface Conversion {
  /** Whether the job converts it before it trains. */
  readonly needed: boolean;
  /** The layout that `convert.py` writes; null where the bundle has none. */
  readonly to: LayoutName | null;
  /** What the programs load. */
  readonly checkpoint: string;
  readonly reason: string;
}

/** How a run's checkpoint is stored for others: what the plan asks for, and how each possible layout names the experts. */
export interface Export {
  readonly layout: LayoutName;
  readonly dtype: FloatName;
  readonly max_shard_size: string;
  readonly layouts: Readonly<Partial<Record<LayoutName, ExportLayout>>>;
}

export interface ExportLayout {
  /**
   * Parameter in memory → the tensors that it is stored as, `{layer}` and `{expert}` open. The parameter's experts follow
   * one another in its dim 0; of several tensors each holds an equal part of an expert's rows, in this order.
   */
  readonly experts: Readonly<Record<string, readonly string[]>>;
  /** An expert's matrix in memory is stored with its columns as rows. */
  readonly turned?: true;
  /** Keys that config.json gets where it has them not. */
  readonly config: Readonly<Record<string, number>>;
}

/** A package beside the stack that the plan's job cannot start without. */
export interface Package {
  readonly name: string;
  /** As pip spells it, ">=0.18.2,<0.19"; empty where any release does. */
  readonly range: string;
  /** The key of the plan that asks for it: "model.attn_implementation". */
  readonly for: string;
}

/** A requirement as pip spells it, ">=" and all, taken apart. */
export function packageOf(requirement: string, key: Package["for"]): Package {
  const name = requirement.replace(/[<>=!~].*$/, "");
  return { name, range: requirement.slice(name.length), for: key };
}
