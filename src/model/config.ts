import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2007, PLN2008, PLN2009, PLN2025 } from "../diagnostics/catalogue/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { isMapping, show } from "../text/values.ts";
import { andList, count } from "../text/words.ts";

/** No real size comes near it, and products of several stay exact. */
const largest = 2 ** 31;

/** Of what is counted out, one by one. */
const largestCounts: Readonly<Record<string, number>> = {
  num_hidden_layers: 10_000,
  num_layers: 10_000,
  num_experts: 100_000,
  num_local_experts: 100_000,
  n_routed_experts: 100_000,
  moe_num_experts: 100_000,
  zero_expert_num: 100_000,
};

/**
 * Reads typed values out of a config.json and remembers what was wrong with it. A size that is missing is never
 * guessed: reading goes on with 1 so that one run reports every mistake, and `problems` keeps the model from being used.
 */
export class ConfigReader {
  private readonly missing: string[];
  private readonly found: Diagnostic[];
  private readonly assumed: Map<string, number>;

  /** `part`: the keys that lead to a part of the config, whose problems `whole` keeps. */
  constructor(
    readonly source: Source,
    protected readonly config: Readonly<Record<string, unknown>>,
    protected readonly modelType: string,
    protected readonly part: readonly string[] = [],
    whole?: ConfigReader,
  ) {
    this.missing = whole?.missing ?? [];
    this.found = whole?.found ?? [];
    this.assumed = whole?.assumed ?? new Map();
  }

  /** The config of a part of the model: `text_config`. What is wrong in it is a problem of this config. */
  within(key: string): ConfigReader {
    const value = this.config[key];
    if (!isMapping(value) && this.has(key)) this.invalid(key, "a mapping");
    return this.reader(isMapping(value) ? value : {}, [...this.part, key]);
  }

  /** A reader of a part of this config. */
  protected reader(config: Readonly<Record<string, unknown>>, part: readonly string[]): ConfigReader {
    return new ConfigReader(this.source, config, this.modelType, part, this);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.config, key);
  }

  /** What is written at some keys, each inside the one before, whatever it is. */
  raw(path: readonly string[]): unknown {
    let value: unknown = this.config;
    for (const key of path) value = isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return value;
  }

  /** Notes that a key is null, which means that the model has no such part. */
  empty(_key: string): null {
    return null;
  }

  /** Notes that the class's own value stands for a key which tells models apart. */
  assume(key: string, value: number): void {
    this.assumed.set([...this.part, key].join("."), value);
  }

  /** A positive whole number that must be there. */
  size(key: string, smallest = 1): number {
    if (this.has(key)) return this.whole(key, smallest) ?? 1;
    this.missing.push([...this.part, key].join("."));
    return 1;
  }

  /** Two names for one size; where both are written they must agree. Returns the key that is used. */
  alias(keys: readonly string[]): string {
    const written = keys.filter((key) => this.has(key));
    const [first, second] = written;
    if (first !== undefined && second !== undefined && this.config[first] !== this.config[second]) {
      const values = { first, firstValue: this.show(first), second, secondValue: this.show(second) };
      const related = [{ message: `${first} is ${values.firstValue} here`, location: this.at(first) }];
      this.found.push(PLN2009(this.at(second), values, { related }));
    }
    return first ?? keys[0] ?? "";
  }

  /** True or false; left out, what the model class of transformers takes. */
  flag(key: string, otherwise: boolean): boolean {
    const value = this.config[key];
    if (value === undefined) return otherwise;
    if (typeof value === "boolean") return value;
    this.invalid(key, "true or false");
    return otherwise;
  }

  /** The items of a list, all of them whole numbers or all of them words. */
  items(key: string): readonly unknown[] {
    const value = this.config[key];
    const isList = Array.isArray(value);
    if (isList && value.every((item) => Number.isInteger(item) && item >= 0)) return value;
    if (isList && value.every((item) => typeof item === "string")) return value;
    this.invalid(key, "a list of whole numbers or of words");
    return [];
  }

  text(key: string): string | undefined {
    const value = this.config[key];
    return typeof value === "string" ? value : undefined;
  }

  invalid(key: string, expected: string): void {
    const value = this.source.raw([...this.part, key]) ?? this.show(key);
    this.found.push(PLN2008(this.at(key), { key, expected, value }));
  }

  private show(key: string): string {
    return show(this.config[key], 40);
  }

  private at(key: string) {
    return this.source.at([...this.part, key]);
  }

  /** Everything that keeps this config from being used. */
  problems(): readonly Diagnostic[] {
    if (this.missing.length === 0) return this.found;
    const values = {
      model_type: this.modelType,
      noun: this.missing.length === 1 ? "key" : "keys",
      missing: andList(this.missing),
    };
    return [PLN2007(this.source.at(["model_type"]), values), ...this.found];
  }

  /** The keys that tell models apart, and for which the class's own values stand. */
  assumptions(): readonly Diagnostic[] {
    const place = this.source.at(["model_type"]);
    return [...this.assumed].map(([key, value]) => PLN2025(place, { model_type: this.modelType, key, value }));
  }

  private whole(key: string, smallest: number): number | undefined {
    const value = this.config[key];
    const limit = largestCounts[key] ?? largest;
    if (typeof value === "number" && Number.isInteger(value) && value >= smallest && value <= limit) return value;
    if (Number.isInteger(value) && Number(value) > limit) this.invalid(key, `at most ${count(limit)}`);
    else this.invalid(key, smallest === 0 ? "a whole number, 0 or more" : "a positive whole number");
    return undefined;
  }
}

export const examples: Examples = {
  PLN2007: { wrong: { json: "config" } },
};

export const cases: readonly Case[] = [
  {
    name: "a size left out",
    config: { with: { moe_intermediate_size: undefined } },
    plan: `
name: plan
#@ config.json 18:[17:28) | "model_type": «"qwen3_moe"», | PLN2025 warning: this qwen3_moe config has no moe_intermediate_size: transformers takes 768, the default of its class
#@   help: take the config.json that was published with the checkpoint
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "sizes left out, and another mistake",
    config: { with: { moe_intermediate_size: undefined, num_experts_per_tok: undefined, vocab_size: 0 } },
    plan: `
model: { config: models/qwen/config.json, checkpoint: /data/model }
#@ models/qwen/config.json 35:[17:18) | "vocab_size": «0» | PLN2008 vocab_size takes a positive whole number, not 0
#@   related 1:[18:41) the plan names this config here
`,
  },
  {
    name: "sizes that are none",
    config: { with: { num_experts: null, hidden_size: "2048", vocab_size: [151936], num_attention_heads: 32.5 } },
    plan: `
name: plan
#@ config.json 12:[18:24) | "hidden_size": «"2048"», | PLN2008 hidden_size takes a positive whole number, not "2048"
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 21:[26:30) | "num_attention_heads": «32.5», | PLN2008 num_attention_heads takes a positive whole number, not 32.5
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 22:[18:22) | "num_experts": «null», | PLN2008 num_experts takes a positive whole number, not null
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 37:[03:15) | «"vocab_size"»: [ | PLN2008 vocab_size takes a positive whole number, not [151936]
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "a size as it is written",
    config: {
      text: '{ "model_type": "qwen3_moe", "hidden_size": 1e400, "num_experts": -0, "num_hidden_layers": 1e2 }',
    },
    plan: `
name: plan
#@ config.json 1:[45:50) | { "model_type": "qwen3_moe", "hidden_size": «1e400», "num_experts": -0, "num_hidden_layers": 1e2 } | PLN2008 hidden_size takes a positive whole number, not 1e400
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 1:[67:69) | { "model_type": "qwen3_moe", "hidden_size": 1e400, "num_experts": «-0», "num_hidden_layers": 1e2 } | PLN2008 num_experts takes a positive whole number, not -0
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 1:[92:95) | { "model_type": "qwen3_moe", "hidden_size": 1e400, "num_experts": -0, "num_hidden_layers": «1e2» } | PLN2040 num_hidden_layers is 1e2; transformers 5.24.0 takes a whole number
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@   fix "change it to 100" -> PLN2008
`,
  },
  {
    name: "more layers and experts than anything has",
    config: { with: { num_hidden_layers: 10001, num_experts: 100001, hidden_size: 2147483649 } },
    plan: `
name: plan
#@ config.json 12:[18:28) | "hidden_size": «2147483649», | PLN2008 hidden_size takes at most 2,147,483,648, not 2147483649
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 22:[18:24) | "num_experts": «100001», | PLN2008 num_experts takes at most 100,000, not 100001
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 24:[24:29) | "num_hidden_layers": «10001», | PLN2008 num_hidden_layers takes at most 10,000, not 10001
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "lists and switches",
    config: { with: { mlp_only_layers: [1.5], tie_word_embeddings: "false", num_hidden_layers: 4 } },
    plan: `
name: plan
#@ config.json 17:[03:20) | «"mlp_only_layers"»: [ | PLN2008 mlp_only_layers takes a list of whole numbers or of words, not [1.5]
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
#@ config.json 34:[26:33) | "tie_word_embeddings": «"false"», | PLN2008 tie_word_embeddings takes true or false, not "false"
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "two names for one size",
    config: { with: { num_local_experts: 64 } },
    plan: `
name: plan
#@ config.json 38:[24:26) | "num_local_experts": «64» | PLN2009 num_local_experts 64 contradicts num_experts 128: both give the same size
#@   help: remove the wrong one
#@   related config.json 22:[18:21) | "num_experts": «128», | num_experts is 128 here
#@   related rest | model: { config: «config.json», checkpoint: /checkpoints/model } | the plan names this config here
`,
  },
  {
    name: "two names for one size that agree",
    shows: "nothing",
    config: { with: { num_local_experts: 128 } },
    plan: `
name: plan
`,
  },
];
