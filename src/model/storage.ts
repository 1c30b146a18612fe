import type { ConfigReader } from "./config.ts";
import type { Family, Row } from "./family.ts";
import { expertPart } from "./family.ts";
import type { Layouts } from "./record.ts";

/** How big a model's routed experts are, and where. */
export interface ExpertSizes {
  readonly num_experts: number;
  /** Experts that have a gate and an up matrix, where they are more: some compute nothing, and are stored nevertheless. */
  readonly num_gates?: number;
  /** I: rows of an expert's gate. */
  readonly width: number;
  /** H: its columns. */
  readonly hidden: number;
  /** Indices of the layers that hold them. */
  readonly layers: readonly number[];
}

/** How many experts have a part in a parameter, by the last part of its name in memory. */
export function expertsIn(memory: string, { num_experts, num_gates }: ExpertSizes): number {
  return memory.startsWith("down_proj") ? num_experts : (num_gates ?? num_experts);
}

/** One set of routed experts. Models of several parts have several. */
export interface ExpertStorage {
  /** The layouts that its checkpoints come in or are converted to, and how each names the experts. */
  readonly layouts: Layouts;
  sizes(config: ConfigReader): ExpertSizes;
}

/** What of a family inspecting and converting ask for. */
export interface Storage extends Pick<Family, "model_type" | "published" | "language" | "beside"> {
  readonly experts: readonly ExpertStorage[];
}

export function storageOf(family: Family): Storage {
  const sizes = (config: ConfigReader) => sizesOf(family.build(config).rows);
  const { model_type, published, language, beside, layouts } = family;
  return { model_type, published, language, beside, experts: [{ layouts, sizes }] };
}

export function sizesOf(rows: readonly Row[]): ExpertSizes {
  const experts = rows.filter(({ kind }) => kind === "expert");
  const down = experts.find(({ name }) => /^down_proj$|^fc2\.weight$/.test(expertPart(name)));
  const gates = experts.find(({ name }) => /^(gate_)?up_proj$|^fc1\.weight$/.test(expertPart(name)));
  const [num_experts = 1, first = 1, second = 1] = down?.shape ?? [];
  const num_gates = gates?.shape[0] ?? num_experts;
  // Upright, down is [E, H, I] and up [E, I or 2I, H]; turned, the other way round.
  const isUpright = gates?.shape[2] === first;
  return {
    num_experts,
    ...(num_gates === num_experts ? {} : { num_gates }),
    width: isUpright ? second : first,
    hidden: isUpright ? first : second,
    layers: down?.layers ?? [],
  };
}
