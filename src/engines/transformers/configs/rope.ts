import { isMapping } from "../../../text/values.ts";
import type { ConfigPart } from "./parts.ts";

type Tree = Readonly<Record<string, unknown>>;

/** One set of rotary positions: all of a model's, or those of one kind of its layers. */
export interface Rope {
  /** The keys that lead to it. */
  readonly keys: readonly string[];
  readonly values: Tree;
  readonly kind: unknown;
}

/** Keys that a class fills in where the config does not write them. */
export const filledIn = ["rope_theta", "original_max_position_embeddings"];

/** Where a config gives its rotary positions; none for a class that has none, or takes its own. */
export function ropesOf(part: ConfigPart): Rope[] {
  const { config, class_ } = part;
  if (!part.has("rope_parameters") || class_.rewrites.some((each) => each !== "rope_theta")) return [];
  // The old key goes first, unless it is empty.
  const key = isTrue(config["rope_scaling"]) ? "rope_scaling" : "rope_parameters";
  const written = config[key];
  if (!isMapping(written)) return [];
  const layers = Array.isArray(config["layer_types"]) ? config["layer_types"] : [];
  const labels =
    class_.rope_labels.length > 0 ? class_.rope_labels : [...layers, "full_attention", "sliding_attention"];
  const nested = Object.keys(written).filter((each) => labels.includes(each));
  if (nested.length === 0) return [{ keys: [key], values: written, kind: kindOf(written, class_.rope_type) }];
  return nested.flatMap((each) => {
    const values = written[each];
    return isMapping(values) ? [{ keys: [key, each], values, kind: kindOf(values, class_.rope_type) }] : [];
  });
}

function kindOf(values: Tree, usual: string): unknown {
  const kind = "rope_type" in values ? values["rope_type"] : (values["type"] ?? "default");
  return kind === "default" && usual !== "" ? usual : kind;
}

/** Whether Python takes a value for true. */
function isTrue(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** The width of a head that positions turn, where the config says it. */
export function headWidth(part: ConfigPart): { readonly key: string; readonly width: number } | undefined {
  for (const field of ["qk_rope_head_dim", "head_dim"]) {
    const key = part.keyOf(field);
    const width = part.valueOf(field);
    if (key !== undefined && typeof width === "number") return { key, width };
  }
  const [hidden, heads] = [part.valueOf("hidden_size"), part.valueOf("num_attention_heads")];
  if (
    typeof hidden !== "number" ||
    typeof heads !== "number" ||
    heads < 1 ||
    (part.has("head_dim") !== part.has("hidden_size") && part.has("head_dim"))
  )
    return undefined;
  return { key: part.keyOf("num_attention_heads") ?? "num_attention_heads", width: Math.floor(hidden / heads) };
}
