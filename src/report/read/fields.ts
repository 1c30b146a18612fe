import { PLN5091 } from "../../diagnostics/catalogue/report.ts";
import type { Findings } from "../../diagnostics/diagnostic.ts";
import { type Path, showPath } from "../../source/path.ts";
import type { Source } from "../../source/source.ts";
import { isMapping, show } from "../../text/values.ts";

/** More than any model or run has of anything; what a list holds beyond is not looked at. */
const mostItems = 1_000_000;

/**
 * A mapping of a record that a run or another planc wrote. What is not as expected is reported with its place, and something
 * stands in for it: a reader asks `findings.ok` when it is through.
 */
export class Fields {
  private constructor(
    private readonly source: Source,
    private readonly findings: Findings,
    private readonly path: Path,
    private readonly value: unknown,
  ) {
    if (!isMapping(value)) this.report(path, value, "a mapping");
  }

  static of(source: Source, findings: Findings): Fields {
    return new Fields(source, findings, [], source.value);
  }

  get keys(): readonly string[] {
    return isMapping(this.value) ? Object.keys(this.value) : [];
  }

  /** Whether there is something: null counts as nothing. */
  has(key: string): boolean {
    return this.get(key) != null;
  }

  /** Whether the key is written, be it with null, which stands for what is no number too. */
  hasKey(key: string): boolean {
    return isMapping(this.value) && Object.hasOwn(this.value, key);
  }

  fields(key: string): Fields {
    return new Fields(this.source, this.findings, [...this.path, key], this.get(key));
  }

  /** The mappings of a list. */
  list(key: string): readonly Fields[] {
    const value = this.get(key);
    if (!Array.isArray(value)) {
      this.report([...this.path, key], value, "a list");
      return [];
    }
    return value
      .slice(0, mostItems)
      .map((each: unknown, index) => new Fields(this.source, this.findings, [...this.path, key, index], each));
  }

  /** A finite number, not below zero. */
  number(key: string): number {
    const value = this.get(key);
    if (isAmount(value)) return value;
    this.report([...this.path, key], value, "a number of zero or more");
    return 0;
  }

  /** The same, or null. */
  numberOrNull(key: string): number | null {
    return this.has(key) ? this.number(key) : null;
  }

  numbers(key: string): readonly number[] {
    const value = this.get(key);
    if (Array.isArray(value) && value.length <= mostItems && value.every(isAmount)) return value;
    this.report([...this.path, key], value, "a list of numbers of zero or more");
    return [];
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value === "string") return value;
    this.report([...this.path, key], value, "a text");
    return "";
  }

  texts(key: string): readonly string[] {
    const value = this.get(key);
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    this.report([...this.path, key], value, "a list of texts");
    return [];
  }

  /** A number of any sign; NaN for null, as what is no number is read. */
  reading(key: string): number {
    const value = this.get(key);
    if (value === null) return Number.NaN;
    if (typeof value === "number") return value;
    this.report([...this.path, key], value, "a number");
    return Number.NaN;
  }

  /** Refuses a record of another version than 1. */
  version(known: number): void {
    const found = this.get("version");
    if (found === known) return;
    if (typeof found !== "number") this.report([...this.path, "version"], found, "a number");
    else
      this.findings.add(PLN5091(this.source.at([...this.path, "version"]), { found, known }, { variant: "version" }));
  }

  /** Where a key stands. */
  at(key: string) {
    return this.source.at([...this.path, key]);
  }

  private get(key: string): unknown {
    return isMapping(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
  }

  private report(path: Path, found: unknown, expected: string): void {
    // One mistake, one message: below what is no mapping nothing else is missed.
    if (path !== this.path && !isMapping(this.value)) return;
    const place = this.source.at(path);
    const key = path.length === 0 ? "the file" : showPath(path);
    this.findings.add(
      found === undefined
        ? PLN5091(place, { key, expected }, { variant: "missing" })
        : PLN5091(place, { key, found: show(found), expected }),
    );
  }
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
