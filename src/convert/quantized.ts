import { isMapping } from "../text/values.ts";
/** The scales of weights that are stored in blocks of fp8: a number for each block of rows and columns. */
export interface Scales {
  /** Rows and columns of a block. */
  readonly block: readonly [number, number];
  /** The stored name of the scales that belong to a stored weight. */
  name(weight: string): string;
}

/** What a config.json says about how the weights are stored: in plain numbers, with scales, or in a way that packs them. */
export type Quantization = { readonly scales?: Scales } | { readonly why: string };

/** Of the whole model, or of a part of it that is packed. */
export function quantizationOf(config: Readonly<Record<string, unknown>>): Quantization {
  const quantization = config["quantization_config"];
  if (typeof quantization !== "object" || quantization === null) {
    const parts = Object.entries(config).filter(([key, value]) => key.endsWith("_config") && isMapping(value));
    const found = parts.map(([, part]) => quantizationOf(part as Readonly<Record<string, unknown>>));
    return found.find((part) => "why" in part || part.scales !== undefined) ?? {};
  }
  const { quant_method: method, weight_block_size: block } = quantization as Record<string, unknown>;
  if (method !== "fp8") return { why: `its weights are packed by ${JSON.stringify(method ?? "an unknown method")}` };
  if (!isBlock(block)) return { why: "its fp8 scales belong to no blocks" };
  return { scales: { block, name: (weight) => `${weight}_scale_inv` } };
}

/** Rows and columns of a weight's scales. */
export function scaleShape(shape: readonly number[], { block }: Scales): number[] {
  return shape.map((size, dim) => Math.ceil(size / (block[dim] ?? 1)));
}

function isBlock(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((size) => Number.isSafeInteger(size) && size > 0);
}
