import type { Path } from "../source/path.ts";
import { float, isList, type Literal } from "../text/literal.ts";
import type { Written } from "./plan.ts";

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
