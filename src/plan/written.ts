import { type Path, toPath } from "../source/path.ts";
import type { Source } from "../source/source.ts";
import { float, isList, type Literal } from "../text/literal.ts";
import type { Written } from "./plan.ts";

/** The plan's own source with shared files mounted over some of its sections. */
export function writtenIn(own: Source, mounted: ReadonlyMap<string, Source>): Written {
  const target = (path: string | Path): { readonly source: Source; readonly rest: Path } => {
    const steps = toPath(path);
    const source = mounted.get(String(steps[0] ?? ""));
    return source === undefined || steps.length === 1 ? { source: own, rest: steps } : { source, rest: steps.slice(1) };
  };
  return {
    sources: [own, ...mounted.values()],
    has: (path) => {
      const { source, rest } = target(path);
      return source.has(rest);
    },
    at: (path, part) => {
      const { source, rest } = target(path);
      return source.at(rest, part);
    },
    via: (path) => {
      const { source, rest } = target(path);
      return source.via(rest);
    },
    raw: (path) => {
      const { source, rest } = target(path);
      return source.raw(rest);
    },
    fileOf: (path) => target(path).source.file,
  };
}

/**
 * A value of the plan with its fractions as their author wrote them, `2.0e-5` and not 0.00002. Whole numbers stay whole:
 * who reads the file shall find numbers of the same type as ever.
 */
export function spelled(written: Written, path: Path, value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : float(value, written.raw(path));
  if (typeof value !== "object" || value === null) return value;
  if (isList<Literal>(value)) return value.map((item, index) => spelled(written, [...path, index], item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, spelled(written, [...path, key], item)]));
}
