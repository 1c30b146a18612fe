import type { Graph } from "@dagrejs/graphlib";
import type { Node, Program } from "../program.ts";

export type GraphName = keyof Program;

/** A picture of some of a program's graphs: a pure function. */
export type GraphFormat = (program: Program, names: readonly GraphName[]) => string;

/** Lines of a node's box: what it is, and of a parameter its shapes and what cuts it. */
export function linesOf(node: Node): string[] {
  if (node.kind === "step") return [node.label, node.program];
  if (node.kind !== "parameter") return [node.label];
  const cuts = Object.entries(node.placement ?? {}).map(([axis, cut]) => `${axis} ${cut}`);
  const share = `[${node.shape?.join(", ")}], on a rank [${node.local_shape?.join(", ")}]`;
  return [node.label, share, cuts.length > 0 ? cuts.join(", ") : "whole on every rank"];
}

/** A graph as both pictures need it: the keys of its nodes have short names, the edges join them. */
export function numbered(graph: Graph<undefined, Node, undefined>, prefix: string) {
  const ids = new Map(graph.nodes().map((key, index) => [key, `${prefix}${index}`]));
  return {
    nodes: graph.nodes().map((key) => ({ id: ids.get(key) ?? "", node: graph.node(key) })),
    edges: graph.edges().map(({ v, w }) => [ids.get(v) ?? "", ids.get(w) ?? ""] as const),
  };
}
