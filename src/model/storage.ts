import type { LayoutName } from "../plan/types.ts";
import type { ConfigReader } from "./config.ts";
import type { Family, StoredExperts } from "./family.ts";
import { moeLayersOf } from "./table.ts";

/** How big a model's routed experts are, and where. */
export interface ExpertSizes {
  readonly num_experts: number;
  /** Experts that have a gate and an up matrix, where they are more: some compute nothing, and are stored nevertheless. */
  readonly num_gates?: number;
  /** I: rows of an expert's gate. */
  readonly width: number;
  /** H: its columns. */
  readonly hidden: number;
  /** Indices of the layers that hold them; `some`: those that may, where the config does not tell. */
  readonly layers: readonly number[];
  readonly some?: true;
}

/** How many experts have a part in a parameter, by the last part of its name in memory. */
export function expertsIn(memory: string, { num_experts, num_gates }: ExpertSizes): number {
  return memory.startsWith("down_proj") ? num_experts : (num_gates ?? num_experts);
}

/** One set of routed experts. Models of several parts have several. */
export interface ExpertStorage {
  /** The layouts that its checkpoints come in or are converted to, and how each names the experts. */
  readonly layouts: Readonly<Partial<Record<LayoutName, StoredExperts>>>;
  sizes(config: ConfigReader): ExpertSizes;
}

/** What planc knows of how a family's checkpoints are stored: enough to inspect and to convert, not to train. */
export interface Storage {
  readonly model_type: string;
  readonly published: LayoutName;
  /** Keys of config.json that lead to the language model, where it is a part of the model. */
  readonly language?: readonly string[];
  readonly experts: readonly ExpertStorage[];
  /** Last parts of names that stand among the experts without being one: a bias of the router. */
  readonly beside?: readonly string[];
}

/** The storage of a family that planc can also train. */
export function storageOf(family: Family): Storage {
  const sizes = (config: ConfigReader): ExpertSizes => {
    const blueprint = family.build(config);
    const { num_experts, moe_intermediate_size, hidden_size } = blueprint.sizes;
    return { num_experts, width: moe_intermediate_size, hidden: hidden_size, layers: moeLayersOf(blueprint) };
  };
  return { model_type: family.model_type, published: family.published, experts: [{ layouts: family.layouts, sizes }] };
}
