import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLSeq } from "yaml";

export function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

export function keyOf(pair: Pair): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined;
}

export function isMerge(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.source === "<<" && pair.key.type === "PLAIN";
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Where a node ends, without the white space and the lines that follow it. */
export function endOf(node: Node, text: string): number {
  const start = startOf(node);
  let end = node.range?.[1] ?? start;
  while (end > start && " \t\r\n".includes(text.charAt(end - 1))) end--;
  return end;
}

/** Where a list's item begins: with its dash, which the parsed document does not keep. It leads the first line that has one. */
export function dashOf(list: YAMLSeq, index: number, text: string): number {
  const before = list.items[index - 1];
  if (!isNode(before)) return startOf(list);
  const dash = /\n *-/g;
  dash.lastIndex = Math.max(startOf(before), endOf(before, text) - 1);
  return dash.test(text) ? dash.lastIndex - 1 : text.length;
}
