import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import { isMerge } from "./nodes.ts";
import type { Targets } from "./references.ts";

/** A key of a mapping as a reader of its value sees it: written there itself or merged into it. */
export interface Entry {
  readonly key: Node | undefined;
  readonly value: unknown;
  /** The aliases behind a merge key through which it is reached. */
  readonly aliases: readonly Node[];
}

type Entries = ReadonlyMap<string, Entry>;

/**
 * Looks up the keys of a document's mappings. What a mapping holds is gathered once, when it is first asked for: plans are
 * mostly read and seldom asked, and one with thousands of mistakes is asked thousands of times.
 */
export function entriesIn(targets: Targets): (map: YAMLMap) => Entries {
  const known = new WeakMap<YAMLMap, Entries>();
  const entriesOf = (map: YAMLMap): Entries => {
    const before = known.get(map);
    if (before !== undefined) return before;
    const entries = new Map<string, Entry>();
    const add = (name: string, entry: Entry) => {
      if (!entries.has(name)) entries.set(name, entry);
    };
    for (const { key, value } of map.items.filter((pair) => !isMerge(pair)))
      if (isScalar(key)) add(String(key.value), { key, value, aliases: [] });
    for (const { value } of map.items.filter(isMerge)) {
      for (const { node: source, aliases } of sourcesOf(value, targets)) {
        if (!isMap(source)) continue;
        for (const [name, entry] of entriesOf(source)) add(name, { ...entry, aliases: [...aliases, ...entry.aliases] });
      }
    }
    known.set(map, entries);
    return entries;
  };
  return entriesOf;
}

interface Followed {
  readonly node: unknown;
  readonly aliases: readonly Node[];
}

/** The mappings behind a merge key. */
function sourcesOf(value: unknown, targets: Targets): Followed[] {
  const merged = follow({ node: value, aliases: [] }, targets);
  if (!isSeq(merged.node)) return [merged];
  return merged.node.items.map((node) => follow({ node, aliases: merged.aliases }, targets));
}

function follow({ node, aliases }: Followed, targets: Targets): Followed {
  return isAlias(node) ? { node: targets.get(node), aliases: [...aliases, node] } : { node, aliases };
}
