import type { Examples } from "../diagnostics/case.ts";
import { PLN2007, PLN2008, PLN2009 } from "../diagnostics/catalogue/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { isMapping } from "../text/mapping.ts";
import { show } from "../text/show.ts";
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

  /** A positive whole number that must be there. */
  size(key: string, smallest = 1): number {
    if (this.has(key)) return this.whole(key, smallest) ?? 1;
    this.missing.push([...this.part, key].join("."));
    return 1;
  }

  /** A size that follows from others where the config has none, or has null. */
  sizeOr(key: string, inferred: number): number {
    return this.config[key] === undefined || this.config[key] === null ? inferred : (this.whole(key, 1) ?? 1);
  }

  /** A size whose null means that the model has no such part; the key itself must be there. */
  sizeOrNull(key: string): number | undefined {
    return this.has(key) && this.config[key] === null ? undefined : this.size(key);
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

  /** Layer indices; left out or null, none. */
  layers(key: string): readonly number[] {
    const value = this.config[key];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0)) return value;
    this.invalid(key, "a list of layer numbers");
    return [];
  }

  /** A word for each layer; undefined where there is no such list. */
  texts(key: string): readonly string[] | undefined {
    const value = this.config[key];
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    this.invalid(key, "a list of words");
    return undefined;
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

  private whole(key: string, smallest: number): number | undefined {
    const value = this.config[key];
    const limit = largestCounts[key] ?? largest;
    if (typeof value === "number" && Number.isInteger(value) && value >= smallest && value <= limit) return value;
    const isOver = typeof value === "number" && value > limit && limit < largest;
    if (isOver) this.invalid(key, `at most ${count(limit)}`);
    else this.invalid(key, smallest === 0 ? "a whole number, 0 or more" : "a positive whole number");
    return undefined;
  }
}

export const examples: Examples = {
  PLN2007: { wrong: { json: "config" } },
};
