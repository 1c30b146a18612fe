import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit } from "yaml";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import type { Location } from "../text/location.ts";

/** What an alias or a merge key asks for and cannot have, which the parser finds out only by failing. */
export function brokenReference(
  document: Document,
  at: (start: number, end: number) => Location,
): Diagnostic | undefined {
  let found: Diagnostic | undefined;
  const placeOf = ({ range }: Node) => at(range?.[0] ?? 0, range?.[1] ?? 0);
  visit(document, {
    Alias(_, alias, ancestors) {
      const named = alias.resolve(document);
      // An alias inside its own value would repeat that without end.
      const variant = named === undefined ? "anchor" : ancestors.includes(named) ? "circle" : undefined;
      if (variant === undefined) return;
      found = report("PLN1003", placeOf(alias), { alias: alias.source }, { variant });
      return visit.BREAK;
    },
    Pair(_, { key, value }: Pair<unknown, unknown>) {
      if (!isMergeKey(key) || mergeable(document, value)) return;
      found = report("PLN1003", placeOf(key), {}, { variant: "merge" });
      return visit.BREAK;
    },
  });
  return found;
}

function isMergeKey(key: unknown): key is Node {
  if (!isScalar(key) || (key.type !== undefined && key.type !== "PLAIN")) return false;
  return key.value === "<<" || (typeof key.value === "symbol" && key.value.description === "<<");
}

/** An alias without an anchor is a mistake of its own. */
function mergeable(document: Document, value: unknown): boolean {
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  const isMapping = (node: unknown) => isMap(node) || node === undefined;
  const merged = resolved(value);
  return isSeq(merged) ? merged.items.every((item) => isMapping(resolved(item))) : isMapping(merged);
}
