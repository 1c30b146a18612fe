/** Which layers see all tokens before them, and which a window: what transformers' classes take where a config.json does not say. */

type Sees = (layer: number, layers: number) => boolean;

const every =
  (step: number): Sees =>
  (layer) =>
    (layer + 1) % step === 0;
const always: Sees = () => true;

/** Whether a layer sees everything, by type of the language model; the others see the window, if there is one. */
const whole: Readonly<Record<string, Sees>> = {
  afmoe: every(4),
  beam: every(6),
  cohere2_moe: every(4),
  dots1: always,
  exaone_moe: every(4),
  flint: (layer, layers) => layer < 2 || layer === layers - 1,
  gpt_oss: (layer) => layer % 2 === 1,
  granitemoe_swa: (layer) => layer % 4 === 0,
  kolibri1: every(5),
  laguna: always,
  mellum: always,
  qwen2_moe: always,
};

/** Classes that have a window only where `use_sliding_window` is true. */
const optional: ReadonlySet<string> = new Set(["qwen2_moe", "qwen3_moe"]);

/** Layers of two attentions each. */
const doubled: ReadonlySet<string> = new Set(["longcat_flash"]);

/** Layers without products of queries and keys that have no key for it. */
const without: ReadonlySet<string> = new Set(["zaya"]);

/** What a config says. */
interface Written {
  readonly layers: number;
  readonly types: readonly string[] | null;
  readonly window: number | null;
  readonly usesWindow: boolean | null;
}

/** Of each layer: how many attentions it has, and their window; null where it sees all. */
export function windowsOf(text_type: string, { layers, types, window, usesWindow }: Written) {
  const isUsed = usesWindow ?? !optional.has(text_type);
  const own = isUsed ? window : null;
  const sees = whole[text_type] ?? (() => false);
  return Array.from({ length: layers }, (_, layer) => {
    const kind = types?.[layer] ?? (sees(layer, layers) ? "full_attention" : "sliding_attention");
    // Layers of another kind (linear attention, convolutions) have no products of queries and keys.
    const has = kind.includes("attention") && !kind.includes("linear") && !(types === null && without.has(text_type));
    const count = has ? (doubled.has(text_type) ? 2 : 1) : 0;
    return { count, window: kind === "sliding_attention" ? own : null };
  });
}
