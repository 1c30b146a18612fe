import { type Blueprint, expertPart, type Row } from "./family.ts";
import type { Kind, Parameter, Totals } from "./model.ts";
import type { StoredExperts } from "./record.ts";

/** Names what the checkpoint holds for every row, where the experts are stored so. */
export function parametersOf(blueprint: Blueprint, experts: StoredExperts, dtype: string): Parameter[] {
  const embedding = blueprint.rows.find(({ kind }) => kind === "embedding")?.name ?? "model.embed_tokens.weight";
  return blueprint.rows.map((row): Parameter => {
    const isTied = row.kind === "head" && row.name.endsWith(".weight") && blueprint.tied;
    return {
      name: row.name,
      stored: isTied ? [] : storedNames(row, experts),
      layers: row.layers,
      shape: row.shape,
      dtype: row.buffer ? "float32" : dtype,
      kind: row.kind,
      ...(row.buffer ? { buffer: true as const } : {}),
      ...(isTied ? { tied: embedding } : {}),
    };
  });
}

function storedNames(row: Row, experts: StoredExperts): readonly string[] {
  return (row.kind === "expert" ? experts[expertPart(row.name)] : undefined) ?? [row.stored ?? row.name];
}

/** Wildcarded full paths of every parameter and module, the root's empty path included. */
export function namesOf(blueprint: Blueprint, parameters: readonly Parameter[]): ReadonlySet<string> {
  const head = blueprint.rows.find(({ kind }) => kind === "head")?.name.replace(/\.weight$/, "") ?? "lm_head";
  const leaves = [
    ...blueprint.modules,
    ...parameters.filter(({ buffer, tied }) => !buffer && tied === undefined).map(({ name }) => name),
  ];
  const names = new Set<string>(["", head]);
  for (const leaf of leaves) {
    const path = leaf.replaceAll("{layer}", "*").replace(/\.\d+(?=\.|$)/g, ".*");
    for (let end = path.indexOf("."); end !== -1; end = path.indexOf(".", end + 1)) names.add(path.slice(0, end));
    names.add(path);
  }
  return names;
}

/** Sums over the table. A tied head is one parameter with the embedding, but works for every token. */
export function totalsOf(blueprint: Blueprint, parameters: readonly Parameter[], perToken: number): Totals {
  const sum = (kinds?: Kind): number =>
    parameters
      .filter(({ kind, buffer, tied }) => !buffer && tied === undefined && (kinds === undefined || kind === kinds))
      .reduce((all, { shape, layers }) => all + shape.reduce((size, dim) => size * dim, layers?.length ?? 1), 0);
  const total = sum();
  const expert = sum("expert");
  const dense = total - expert;
  const unused = blueprint.tied ? 0 : sum("embedding");
  const active = dense - unused + (expert / blueprint.sizes.num_experts) * perToken;
  return { total, expert, dense, active, whole: total + blueprint.towerSize };
}
