import { type Path, toPath } from "../source/path.ts";
import type { Source } from "../source/source.ts";
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
