/** A list of GPUs that are for hire, from a file. */
import { PLN5110 } from "../diagnostics/catalogue/prices.ts";
import { type Diagnostic, type Result, replaceWith } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Path } from "../source/path.ts";
import { readSource } from "../source/read.ts";
import type { Source } from "../source/source.ts";
import { suggest } from "../text/suggest.ts";
import { isMapping } from "../text/values.ts";
import { orList } from "../text/words.ts";
import { gpus } from "./gpus.ts";

/** GPUs that are hired together. */
export interface Offer {
  readonly name: string;
  readonly gpu: string;
  readonly nodes: number;
  readonly gpusPerNode: number;
  /** Of an hour of all of them, in the list's currency. */
  readonly pricePerHour: number;
}

export interface Prices {
  readonly offers: readonly Offer[];
  /** As the file writes it: "USD". */
  readonly currency: string;
}

/** Offers of one file at most: each is searched. */
const mostOffers = 64;
const mostGpus = 1024;
/** GPUs of a machine where an offer does not say. */
const usualMachine = 8;

const keys = ["name", "gpu", "gpus", "gpus_per_node", "price_per_hour"];

/** Reads a price list, YAML or JSON: a list of offers, or a mapping with `offers` and a `currency`. */
export function readPrices(host: Host, file: string): Result<Prices> {
  const { value: source, diagnostics } = readSource(host, file, file.endsWith(".json") ? "json" : "yaml");
  if (source === undefined) return { value: undefined, diagnostics };
  const reader = new PriceReader(source);
  const prices = reader.read();
  return { value: reader.found.length > 0 ? undefined : prices, diagnostics: [...diagnostics, ...reader.found] };
}

class PriceReader {
  readonly found: Diagnostic[] = [];

  constructor(private readonly source: Source) {}

  read(): Prices {
    const { value } = this.source;
    const isWrapped = isMapping(value);
    if (isWrapped) this.unknownKeys(value, [], ["currency", "offers"]);
    const list = isWrapped ? value["offers"] : value;
    const path: Path = isWrapped ? ["offers"] : [];
    const currency = isWrapped && value["currency"] !== undefined ? value["currency"] : "";
    if (typeof currency !== "string") this.wrong(["currency"], "text, such as USD", currency);
    if (!Array.isArray(list)) {
      this.wrong(path, "a list of offers", list);
      return { offers: [], currency: "" };
    }
    if (list.length === 0) this.found.push(PLN5110(this.source.at(path), {}, { variant: "empty" }));
    if (list.length > mostOffers)
      this.found.push(PLN5110(this.source.at(path), { offers: list.length, most: mostOffers }, { variant: "many" }));
    const offers = list.slice(0, mostOffers).flatMap((each, index) => this.offer(each, [...path, index]) ?? []);
    this.twice(offers, path);
    return { offers, currency: String(currency) };
  }

  private offer(value: unknown, path: Path): Offer | undefined {
    if (!isMapping(value)) {
      this.wrong(path, `a mapping with ${orList(keys)}`, value);
      return undefined;
    }
    this.unknownKeys(value, path, keys);
    const before = this.found.length;
    const name = value["name"];
    if (typeof name !== "string" || name.trim() === "") this.wrong([...path, "name"], "text", name);
    const gpu = value["gpu"];
    if (typeof gpu !== "string" || !gpus.has(gpu)) this.unknownGpu([...path, "gpu"], gpu);
    const all = this.count([...path, "gpus"], value["gpus"]);
    const each =
      value["gpus_per_node"] === undefined ? undefined : this.count([...path, "gpus_per_node"], value["gpus_per_node"]);
    const price = value["price_per_hour"];
    if (typeof price !== "number" || !Number.isFinite(price) || price < 0)
      this.wrong([...path, "price_per_hour"], "a number, 0 or more, for an hour of all its GPUs", price);
    if (this.found.length > before) return undefined;
    const gpusPerNode = each ?? Math.min(all, usualMachine);
    if (all % gpusPerNode !== 0) {
      const values = { gpus: all, gpus_per_node: gpusPerNode };
      this.found.push(PLN5110(this.source.at([...path, "gpus"]), values, { variant: "machines" }));
      return undefined;
    }
    return { name: String(name), gpu: String(gpu), nodes: all / gpusPerNode, gpusPerNode, pricePerHour: Number(price) };
  }

  private count(path: Path, value: unknown): number {
    const isCount = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= mostGpus;
    if (!isCount) this.wrong(path, `a whole number from 1 to ${mostGpus}`, value);
    return isCount ? value : 1;
  }

  private twice(offers: readonly Offer[], path: Path): void {
    const names = offers.map(({ name }) => name);
    const index = names.findIndex((name, place) => names.indexOf(name) < place);
    if (index < 0) return;
    const at = this.source.at([...path, index, "name"]);
    this.found.push(PLN5110(at, { name: names[index] ?? "" }, { variant: "twice" }));
  }

  private unknownGpu(path: Path, value: unknown): void {
    if (typeof value !== "string") {
      this.wrong(path, "the name of a GPU", value);
      return;
    }
    const near = suggest(value, gpus.keys());
    const at = this.source.at(path);
    const fixes = near === undefined ? [] : [replaceWith(at, near)];
    const values = { gpu: value, known: [...gpus.keys()].join(", ") };
    this.found.push(PLN5110(at, values, { variant: "gpu", fixes }));
  }

  private unknownKeys(value: Readonly<Record<string, unknown>>, path: Path, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const near = suggest(key, known);
      const at = this.source.at([...path, key], "key");
      const fixes = near === undefined ? [] : [replaceWith(at, near)];
      this.found.push(PLN5110(at, { key, known: orList(known) }, { variant: "key", fixes }));
    }
  }

  private wrong(path: Path, expected: string, value: unknown): void {
    const last = path.at(-1);
    const what = typeof last === "string" ? last : typeof last === "number" ? `offer ${last + 1}` : "a price list";
    const at = this.source.at(path);
    if (value === undefined) this.found.push(PLN5110(at, { what, expected }, { variant: "missing" }));
    else {
      const shown = JSON.stringify(value);
      this.found.push(PLN5110(at, { what, expected, value: shown.length > 60 ? `${shown.slice(0, 60)}...` : shown }));
    }
  }
}
