/**
 * Tests whose cases are a product (families by meshes, say) take a fixed sample under `npm test`, and all of it under
 * `npm run conformance`.
 */
export const conformance = process.env["PLANC_CONFORMANCE"] === "1";

/**
 * The sample: in order, every case that shows something (a family, a style, an axis) that no case before it shows. So
 * whatever the product varies stays at least once, and a new family comes in by itself.
 */
export function sampled<T>(product: readonly T[], shows: (each: T, index: number) => readonly unknown[]): readonly T[] {
  return conformance ? product : sampleOf(product, shows);
}

export function sampleOf<T>(
  product: readonly T[],
  shows: (each: T, index: number) => readonly unknown[],
): readonly T[] {
  const seen = new Set<string>();
  return product.filter((each, index) => {
    const news = shows(each, index)
      .map((what) => JSON.stringify(what))
      .filter((what) => !seen.has(what));
    for (const what of news) seen.add(what);
    return news.length > 0;
  });
}

/** How often a property is tried: on the same examples each time under `npm test`, on more and new ones under conformance. */
export function draws(few: number, many: number): { readonly numRuns: number; readonly seed?: number } {
  return conformance ? { numRuns: many } : { numRuns: few, seed };
}

/** For tests that draw by themselves; the variable repeats what a conformance run has found. */
export const seed = Number(process.env["PLANC_FUZZ_SEED"] ?? (conformance ? Date.now() % 2 ** 31 : 20_260));
