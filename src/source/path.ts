import { posix } from "node:path";

/** The way from a document's root to a value: keys and list indices. */
export type Path = readonly (string | number)[];

/** `["parallelism", "ep_size"]` → "parallelism.ep_size"; keys with dots or spaces are quoted. */
export function showPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const shown = /^[\w*-]+$/.test(step) ? step : JSON.stringify(step);
      return index === 0 ? shown : `.${shown}`;
    })
    .join("");
}

/** "parallelism.ep_size" → path. For keys that hold no dots. */
export function toPath(path: string | Path): Path {
  return typeof path === "string" ? (path === "" ? [] : path.split(".")) : path;
}

/** A file named inside another: relative to the folder of the file that names it, unless it is absolute. */
export function besides(file: string, path: string): string {
  return posix.isAbsolute(path) ? posix.normalize(path) : posix.join(posix.dirname(file), path);
}
