import type { Blueprint, Row, Span, StoredExperts } from "./family.ts";
import type { Kind, Parameter, Totals } from "./model.ts";

/** The layers of a blueprint that hold experts. */
export function moeLayersOf({ sizes, isMoe }: Blueprint): number[] {
  return Array.from({ length: sizes.num_hidden_layers }, (_, layer) => layer).filter(isMoe);
}

/** Counts the layers of every row out and names what the checkpoint holds for it. Rows of no layer are left out. */
export function parametersOf(blueprint: Blueprint, experts: StoredExperts, dtype: string): Parameter[] {
  const layersOf = layersBySpan(blueprint);
  return blueprint.rows.flatMap((row): Parameter[] => {
    const layers = layersOf(row.span);
    if (layers !== null && layers.length === 0) return [];
    const isTied = row.kind === "head" && blueprint.tied;
    return [
      {
        name: row.name,
        stored: isTied ? [] : (row.stored ?? storedName(row, experts)),
        layers,
        shape: row.shape,
        dtype: row.dtype ?? dtype,
        kind: row.kind,
        ...(row.buffer ? { buffer: true as const } : {}),
        ...(isTied ? { tied: "model.embed_tokens.weight" } : {}),
      },
    ];
  });
}

function storedName(row: Row, experts: StoredExperts): readonly string[] {
  const last = row.name.slice(row.name.lastIndexOf(".") + 1);
  return (row.kind === "expert" ? experts[last] : undefined) ?? [row.name];
}

function layersBySpan(blueprint: Blueprint): (span: Span) => readonly number[] | null {
  const every = Array.from({ length: blueprint.sizes.num_hidden_layers }, (_, layer) => layer);
  const moe = every.filter(blueprint.isMoe);
  const dense = every.filter((layer) => !blueprint.isMoe(layer));
  return (span) => ({ once: null, every, moe, dense })[span];
}

/** Wildcarded full paths of every parameter and module, the root's empty path included. */
export function namesOf(blueprint: Blueprint, parameters: readonly Parameter[]): ReadonlySet<string> {
  const layersOf = layersBySpan(blueprint);
  const modules = blueprint.modules.filter(({ span }) => layersOf(span)?.length !== 0).map(({ name }) => name);
  const leaves = [
    ...modules,
    ...parameters.filter(({ buffer, tied }) => !buffer && tied === undefined).map(({ name }) => name),
  ];
  const names = new Set<string>(["", "lm_head"]);
  for (const leaf of leaves) {
    const path = leaf.replaceAll("{layer}", "*");
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
  return { total, expert, dense, active: dense - unused + (expert / blueprint.sizes.num_experts) * perToken };
}
