/**
 * Which keys of a config.json are wrong, where its names and shapes are not those of the weights. One wrong key makes
 * many tensors wrong, so the message is worth more than a list of them. Nothing here knows a family: each key that the
 * family's table was made of is changed, the table is made again, and a change counts as an explanation where it
 * takes mistakes away and makes no new ones.
 */
import type { Named } from "./names.ts";
import { lostLayers, type Reading, type Tree } from "./reading.ts";
import type { Trace } from "./tracing.ts";

/** A key with what config.json says and what the weights say. */
export interface Explanation {
  readonly trace: Trace;
  readonly have: unknown;
}

/** Keys that are wrong at once; more of them, and the config.json belongs to something else. */
const most = 4;

/** @param readWith The checkpoint set against a changed config.json. */
export function explain(reading: Reading, readWith: (config: Tree) => Reading) {
  const explanations: Explanation[] = [];
  let current = reading;
  while (explanations.length < most && total(current) > 0) {
    let best: { readonly next: Reading; readonly explanation: Explanation } | undefined;
    for (const trace of current.traces.filter(isCandidate)) {
      for (const have of candidates(trace, current, readWith)) {
        const next = readWith(withValue(current.config, trace.path, have));
        if (next.problems.length > 0 || !isBetter(next, best?.next ?? current) || !isSubset(next, current)) continue;
        if (next.numLayers !== current.numLayers && !isWhole(next, current.numLayers)) continue;
        best = { next, explanation: { trace, have } };
      }
    }
    if (best === undefined) break;
    explanations.push(best.explanation);
    current = best.next;
  }
  return { explanations, reading: current };
}

/** A lost head cannot be told from a tied one: that is said of the head itself. */
function isCandidate({ path }: Trace): boolean {
  return path.at(-1) !== "tie_word_embeddings";
}

function total({ defects }: Reading): number {
  return [...defects.counts.values()].reduce((sum, number) => sum + number, 0);
}

/** Whether a changed number of layers leaves none lost, and takes none in that has more than the others. */
function isWhole(next: Reading, before = 0): boolean {
  const after = next.numLayers ?? 0;
  const isOdd = ({ pattern, numbers: [layer = 0] }: Named) =>
    pattern.includes("layers.*.") && layer >= before && layer < after;
  const layouts = new Set(next.sets.flatMap(({ layers }) => layers.map(({ layout }) => layout)));
  // Without a table nothing counts the layers that fall behind the last.
  const drops = next.table.rows.length === 0 && next.sorted.behind.some(({ numbers: [layer = 0] }) => layer < before);
  return lostLayers(next).length === 0 && !drops && !next.dense.unread.some(isOdd) && layouts.size === 1;
}

function isBetter(next: Reading, than: Reading): boolean {
  return total(next) < total(than);
}

function isSubset(next: Reading, current: Reading): boolean {
  return [...next.defects.counts].every(([key, number]) => number <= (current.defects.counts.get(key) ?? 0));
}

/** Values that a key may have by the weights. */
function candidates(trace: Trace, reading: Reading, readWith: (config: Tree) => Reading): readonly unknown[] {
  const { kind, value, path, isWritten } = trace;
  if (kind === "flag") return [value !== true];
  if (kind === "layers") return [denseLayers(reading)];
  const sizes = typeof value === "number" ? solved(value, path, reading, readWith) : unmet(reading);
  const counted = /layer|expert|dense|step/.test(path.at(-1) ?? "") ? counts(reading) : [];
  const none = isWritten && value !== undefined && /rank/.test(path.at(-1) ?? "") ? [null] : [];
  return [...new Set<unknown>([...sizes, ...counted, ...none])].filter((each) => each !== value);
}

/** Sizes of dims are affine in every key: from two values of the key the one follows that gives a dim its size. */
function solved(value: number, path: readonly string[], reading: Reading, readWith: (config: Tree) => Reading) {
  const { dims } = reading.defects;
  if (dims.length === 0 || value === 0) return [];
  const { wanted } = readWith(withValue(reading.config, path, 2 * value));
  const found = dims.map(({ key, actual }) => {
    const [once = 0, twice = 0] = [reading.wanted.get(key), wanted.get(key)];
    return once === twice ? Number.NaN : value + ((actual - once) * value) / (twice - once);
  });
  return [...new Set(found)].filter((size) => Number.isSafeInteger(size) && size > 0).slice(0, 4);
}

/** Sizes that nothing in config.json gives: those of tensors that differ or that nothing reads, and parts of them. */
function unmet({ dense, defects, traces }: Reading): readonly number[] {
  const sizes = [...defects.dims.map(({ actual }) => actual), ...dense.unread.flatMap(({ tensor }) => tensor.shape)];
  const factors = traces.flatMap(({ value }) => (typeof value === "number" && value > 1 ? [value] : []));
  const parts = sizes.flatMap((size) => factors.map((factor) => size / factor)).filter(Number.isSafeInteger);
  return [...new Set([...sizes, ...parts])].filter((size) => size > 0).slice(0, 40);
}

/** How many layers, layers before the first with experts, and experts the names tell of. */
function counts({ sorted, sets, numLayers }: Reading): readonly number[] {
  const behind = sorted.behind.map(({ numbers }) => numbers[0] ?? 0);
  const beside = sorted.beside.map(({ pattern, numbers }) => (pattern.includes("layers.*.") ? (numbers[0] ?? 0) : 0));
  const own = sets.flatMap(({ layers }) => layers.map(({ layer }) => layer));
  const experts = sets.flatMap(({ layers }) =>
    layers.flatMap(({ slots }) =>
      slots.flatMap(({ slot, tensors }) =>
        slot.isPerExpert
          ? tensors.map(({ expert }) => expert)
          : tensors.map(({ tensor }) => (tensor.shape[0] ?? 1) - 1),
      ),
    ),
  );
  const last = largest([...beside, ...own]);
  // Further layers right behind the model's own; a head for further tokens may stand behind those.
  const next = largest(behind.filter((layer) => layer <= (numLayers ?? 0) + 8));
  return [last + 1, Math.max(last, next) + 1, own[0] ?? 0, largest(experts) + 1, 1, 2];
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** Layers of the model whose experts are not there. */
function denseLayers({ sets, numLayers }: Reading): readonly number[] {
  const held = new Set(sets.flatMap(({ layers }) => layers.map(({ layer }) => layer)));
  return Array.from({ length: numLayers ?? 0 }, (_, layer) => layer).filter((layer) => !held.has(layer));
}

function withValue(config: Tree, [key = "", ...rest]: readonly string[], value: unknown): Tree {
  if (rest.length === 0) return { ...config, [key]: value };
  const part = config[key];
  return { ...config, [key]: withValue(typeof part === "object" ? (part as Tree) : {}, rest, value) };
}
