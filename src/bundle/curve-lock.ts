import { type Category, categories } from "../estimate/step/categories.ts";
import type { Place } from "../estimate/step/curve.ts";

/** Lists of one number for each place, in the order of the program; categories that are nowhere are left out. */
export interface CurveLock {
  readonly places: readonly string[];
  /** How many layers, alike and one after another, a place stands for. */
  readonly layers: readonly number[];
  /** Bytes when a place is reached, which are what the one before ends with. */
  readonly begin: { readonly [category in Category]?: readonly number[] };
  /** Bytes at its fullest moment, in the first of its layers. */
  readonly fullest: { readonly [category in Category]?: readonly number[] };
}

export function curveLock(curve: readonly Place[] | null): CurveLock | null {
  if (curve === null) return null;
  const held = categories.filter((category) => curve.some(({ fullest }) => fullest[category] > 0));
  const lists = (of: "begin" | "fullest") =>
    Object.fromEntries(held.map((category) => [category, curve.map((place) => place[of][category])]));
  return {
    places: curve.map(({ name }) => name),
    layers: curve.map(({ layers }) => layers),
    begin: lists("begin"),
    fullest: lists("fullest"),
  };
}
