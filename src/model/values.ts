import { isMapping } from "../text/values.ts";
import type { ConfigReader } from "./config.ts";
import { evaluate, isTrue, type Scope } from "./formula.ts";
import type { Default, ListRule } from "./record.ts";

/** What of a family's record says how its config is read. */
export interface Keys {
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly defaults?: Readonly<Record<string, Default>>;
  readonly nulls?: Readonly<Record<string, Default>>;
  readonly lists?: Readonly<Record<string, ListRule>>;
}

/** The keys whose absence is worth a word: without them a config describes no particular model. */
const telling: ReadonlySet<string> = new Set([
  "hidden_size",
  "vocab_size",
  "num_hidden_layers",
  "num_layers",
  "num_attention_heads",
  "num_experts",
  "num_local_experts",
  "n_routed_experts",
  "moe_num_experts",
  "moe_intermediate_size",
]);

/** What the class divides by. */
const positive: ReadonlySet<string> = new Set(["num_key_value_heads", "decoder_sparse_step", "head_dim"]);

/** A config's keys by their names in formulas: with the class's own values for what the config leaves out. */
export class Values implements Scope {
  private readonly known = new Map<string, unknown>();
  /** The number of layers, once it is known. */
  layers = 0;

  constructor(
    private readonly config: ConfigReader,
    private readonly keys: Keys,
  ) {}

  /** A formula's value, which is a size: a whole number, at least 0. */
  size(formula: string, layer = 0): number {
    const value = evaluate(formula, this, layer);
    return typeof value === "number" && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0;
  }

  holds(formula: string | undefined, layer = 0): boolean {
    return formula === undefined || isTrue(evaluate(formula, this, layer));
  }

  get(name: string): unknown {
    if (this.known.has(name)) return this.known.get(name);
    // A default that leads back to its own key finds nothing there.
    this.known.set(name, undefined);
    const rule = this.keys.lists?.[name];
    const value = rule === undefined ? this.read(name) : this.list(name, rule);
    this.known.set(name, value);
    return value;
  }

  has(name: string): boolean {
    const value = this.config.raw(name.split("."));
    return value !== undefined && value !== null;
  }

  override(name: string): unknown {
    const layers = this.config.raw(["per_layer_config"]);
    if (typeof layers !== "object" || layers === null) return undefined;
    const found = Object.values(layers).find((layer) => typeof layer === "object" && layer !== null && name in layer);
    return (found as Readonly<Record<string, unknown>> | undefined)?.[name];
  }

  /** The key that this config writes a value with. */
  keyOf(name: string): string {
    return this.config.alias([name, ...(this.keys.aliases?.[name] ?? [])]);
  }

  private read(name: string): unknown {
    if (name.includes(".")) return this.part(name);
    const key = this.keyOf(name);
    const written = this.config.raw([key]);
    const otherwise = this.keys.defaults?.[name];
    if (typeof otherwise === "boolean" && written !== null) return this.config.flag(key, otherwise);
    if (!this.config.has(key) || written === "auto") return this.absent(name, key, otherwise);
    if (written === null) {
      const instead = this.keys.nulls?.[name];
      if (instead === undefined && telling.has(name) && typeof otherwise === "number") return this.config.size(key);
      return instead === undefined ? this.config.empty(key) : this.default(instead);
    }
    if (telling.has(name) && !Array.isArray(otherwise)) return this.config.size(key);
    if (typeof written === "boolean" && typeof otherwise !== "number") return written;
    if (Array.isArray(otherwise) || Array.isArray(written)) return this.config.items(key);
    if (typeof written === "string" || isMapping(written)) return written;
    return this.config.size(key, positive.has(name) ? 1 : 0);
  }

  /** A value in a part of the config: "vision_config.depth". */
  private part(name: string): unknown {
    const value = this.config.raw(name.split("."));
    return value === undefined ? this.default(this.keys.defaults?.[name] ?? null) : value;
  }

  private absent(name: string, key: string, otherwise: Default | undefined): unknown {
    if (otherwise === undefined || otherwise === null) return telling.has(name) ? this.config.size(key) : null;
    const value = this.default(otherwise);
    if (telling.has(name) && typeof otherwise === "number") this.config.assume(key, otherwise);
    return value;
  }

  private default(value: Default): unknown {
    return typeof value === "string" ? evaluate(value, this) : value;
  }

  /** What the config, or else the rule, says of every layer. */
  private list(name: string, { formula, computed, rename = {} }: ListRule): readonly unknown[] {
    const key = this.keyOf(name);
    const written = computed === undefined ? this.config.raw([key]) : undefined;
    const isEmpty = Array.isArray(written) && written.length === 0 && this.layers > 0;
    if (written !== undefined && written !== null && !isEmpty) {
      return this.config.items(key).map((word) => rename[String(word)] ?? legacy[String(word)] ?? word);
    }
    if (formula === undefined) return [];
    return Array.from({ length: this.layers }, (_, layer) => evaluate(formula, this, layer));
  }
}

/** Words of older configs, for which transformers takes its own. */
const legacy: Readonly<Record<string, string>> = {
  attention: "full_attention",
  mamba: "linear_attention",
  deepseek_sparse_attention: "indexed_attention",
  qwen_sparse_attention: "indexed_attention",
};
