import { isMapping } from "../text/values.ts";
import type { Named } from "./names.ts";

/** How weights are stored: as plain numbers, or by a method of quantisation. */
export interface Form {
  readonly method: "plain" | "fp8" | "mxfp4" | "int4" | "bitsandbytes" | "compressed-tensors";
  /** A tensor that shows it. */
  readonly shows?: Named;
}

/** Formats of plain weights. */
export const floats: ReadonlySet<string> = new Set(["F32", "F16", "BF16", "F64"]);

/** Methods whose weights keep their names and shapes, so that they can be compared with a config.json. */
export function isReadable({ method }: Form): boolean {
  return method === "plain" || method === "fp8" || method === "mxfp4";
}

/** What the last part of a name says of how the tensor, or the one that it stands beside, is stored. */
const signs: readonly (readonly [RegExp, Form["method"]])[] = [
  [/\.(qweight|qzeros)$/, "int4"],
  [/\.weight_packed$/, "compressed-tensors"],
  [/\.(SCB|absmax|nested_absmax|quant_map|nested_quant_map)$|\.quant_state\./, "bitsandbytes"],
  [/_blocks$/, "mxfp4"],
  [/_scale_inv$/, "fp8"],
];

/** How a checkpoint's weights are stored, whatever its config.json says. */
export function formOf(names: readonly Named[]): Form {
  const first = new Map<Form["method"], Named>();
  for (const each of names) {
    const { pattern } = each;
    const method = each.tensor.dtype.startsWith("F8_E") ? "fp8" : signs.find(([sign]) => sign.test(pattern))?.[1];
    if (method !== undefined && !first.has(method)) first.set(method, each);
  }
  for (const method of ["int4", "compressed-tensors", "bitsandbytes", "mxfp4", "fp8"] as const) {
    const shows = first.get(method);
    if (shows !== undefined) return { method, shows };
  }
  return { method: "plain" };
}

/** `quant_method` of each form, as config.json files write it. */
const methods: Readonly<Record<Exclude<Form["method"], "plain">, readonly string[]>> = {
  fp8: ["fp8", "fbgemm_fp8", "compressed-tensors", "modelopt", "quark"],
  mxfp4: ["mxfp4"],
  int4: ["gptq", "awq", "gptqmodel", "auto-round"],
  bitsandbytes: ["bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit"],
  "compressed-tensors": ["compressed-tensors"],
};

/** Whether a form is what a config.json means by its `quant_method`; what planc does not know may be. */
export function isMeant(method: string, form: Form): boolean {
  return form.method === "plain" || !marking.has(method) || methods[form.method].includes(method);
}

/** Methods that always leave their marks in the names or formats of the weights. */
export const marking: ReadonlySet<string> = new Set(Object.values(methods).flat());

/** A form in words. */
export function formInWords({ method }: Form): string {
  return { plain: "plain numbers", int4: "4-bit integers (GPTQ or AWQ)" }[method as string] ?? method;
}

interface Claim {
  readonly method: string;
  readonly path: readonly string[];
}

/** The quantisation that a config.json claims, of the model or of its language model. */
export function claimOf(config: Readonly<Record<string, unknown>>): Claim | undefined {
  for (const path of [[], ["text_config"], ["language_config"], ["thinker_config", "text_config"]]) {
    const part = path.reduce<unknown>((tree, key) => (isMapping(tree) ? tree[key] : undefined), config);
    const quantization = isMapping(part) ? part["quantization_config"] : undefined;
    if (!isMapping(quantization)) continue;
    const method = quantization["quant_method"];
    return { method: typeof method === "string" ? method : "unknown", path: [...path, "quantization_config"] };
  }
  return undefined;
}
