import type { Lock } from "../../bundle/lock.ts";
import { plural } from "../../text/words.ts";
import { table } from "./table.ts";

/** Every value that the plan leaves to planc: what it is, and why. */
export function reasonsText(lock: Lock, width: number): string[] {
  const rows = Object.entries(lock.provenance)
    .filter(([, { from }]) => from !== "written")
    .map(([path, { from, reason }]) => [path, valueAt(lock, path), reason ?? from]);
  return table(rows, [], width);
}

/** A path of the lock itself, or of the plan inside it. */
function valueAt(lock: Lock, path: string): string {
  const value = follow(lock, path) ?? follow(lock.plan, path);
  if (value === undefined || value === null) return "none";
  if (typeof value !== "object") return String(value);
  const count = Object.keys(value).length;
  return count === 0 ? "none" : plural(count, "value");
}

function follow(root: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
      root,
    );
}
