import { type Alias, type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair } from "yaml";
import type { Case } from "../diagnostics/case.ts";
import { PLN1003 } from "../diagnostics/catalogue/source.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Location } from "../text/location.ts";

/** Values that aliases may expand to; a bomb of nested aliases reaches it at once, a real plan never. */
const maxExpanded = 1000;

/** Alias → the node that it names. */
export type Targets = ReadonlyMap<Node, Node>;

interface References {
  readonly targets: Targets;
  /** What an alias or a merge key asks for and cannot have, which the parser finds out only by failing. */
  readonly broken: Diagnostic | undefined;
}

/**
 * What the aliases of a document name, in one walk: `Alias.resolve` walks through the document again for each. An alias
 * names the last anchor before it, so what it names has been walked through by then.
 */
export function referencesIn(document: Document, at: (start: number, end: number) => Location): References {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  /** Anchored node → the values in it, with those of its aliases. */
  const sizes = new Map<unknown, number>();
  let expanded = 0;
  let broken: Diagnostic | undefined;
  const placeOf = ({ range }: Node) => at(range?.[0] ?? 0, range?.[1] ?? 0);

  const follow = (alias: Alias, ancestors: readonly unknown[]): number => {
    const named = anchors.get(alias.source);
    // An alias inside its own value would repeat that without end.
    const variant = named === undefined ? "anchor" : ancestors.includes(named) ? "circle" : undefined;
    if (named === undefined || variant !== undefined) {
      broken = PLN1003(placeOf(alias), { alias: alias.source }, { variant: variant ?? "anchor" });
      return 0;
    }
    targets.set(alias, named);
    const size = sizes.get(named) ?? 1;
    expanded += size;
    if (expanded > maxExpanded) broken = PLN1003(placeOf(alias), { limit: maxExpanded }, { variant: "aliases" });
    return size;
  };
  /** The number of values in a node. */
  const walk = (node: unknown, ancestors: readonly unknown[]): number => {
    if (broken !== undefined) return 0;
    if (isAlias(node)) return follow(node, ancestors);
    if (isPair(node)) {
      const size = walk(node.key, ancestors) + walk(node.value, ancestors);
      if (broken === undefined && isMergeKey(node) && !mergeable(node.value, targets))
        broken = PLN1003(placeOf(node.key), {}, { variant: "merge" });
      return size;
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      const inner = isScalar(node) ? ancestors : [...ancestors, node];
      let size = 1;
      for (const item of isScalar(node) ? [] : node.items) size += walk(item, inner);
      if (node.anchor !== undefined) sizes.set(node, size);
      return size;
    }
    return 0;
  };
  walk(document.contents, []);
  return { targets, broken };
}

function isMergeKey(pair: Pair): pair is Pair<Node, unknown> {
  const { key } = pair;
  if (!isScalar(key) || (key.type !== undefined && key.type !== "PLAIN")) return false;
  return key.value === "<<" || (typeof key.value === "symbol" && key.value.description === "<<");
}

function mergeable(value: unknown, targets: Targets): boolean {
  const resolved = (node: unknown) => (isAlias(node) ? targets.get(node) : node);
  const merged = resolved(value);
  return isSeq(merged) ? merged.items.every((item) => isMap(resolved(item))) : isMap(merged);
}

export const cases: readonly Case[] = [
  {
    name: "an anchor that stands nowhere",
    rest: "none",
    plan: `
parallelism: { <<: *base, ep_size: 4 }
#@ [20:25) PLN1003 no anchor &base stands before this alias
`,
  },
  {
    name: "an anchor that stands below",
    rest: "none",
    plan: `
name: *name
#@ [07:12) PLN1003 no anchor &name stands before this alias
model: { checkpoint: &name model }
`,
  },
  {
    name: "an alias inside what it names",
    rest: "none",
    plan: `
model: &model
  config: config.json
  checkpoint: *model
#@ [15:21) PLN1003 alias *model stands inside the value that it names
`,
  },
  {
    name: "aliases of aliases: the first of d would be 585 values more",
    rest: "none",
    plan: `
a: &a [1, 2, 3, 4, 5, 6, 7, 8]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b]
d: [*c, *c, *c, *c]
#@ [05:07) PLN1003 aliases expand to more than 1000 values
`,
  },
  {
    name: "a merge of a number",
    rest: "none",
    plan: `
parallelism:
  <<: 8
#@ [03:05) PLN1003 << merges a mapping, or a list of mappings; this is neither
  ep_size: 4
`,
  },
  {
    name: "a merge of a list that holds more than mappings",
    rest: "none",
    plan: `
parallelism: { <<: [{ ep_size: 4 }, 8] }
#@ [16:18) PLN1003 << merges a mapping, or a list of mappings; this is neither
`,
  },
  {
    name: "a merge of a list of mappings",
    shows: "nothing",
    plan: `
cluster: { <<: [{ gpu: h100-sxm-80gb }, { nodes: 1 }], gpus_per_node: 8 }
`,
  },
];
