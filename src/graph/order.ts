import type { Graph } from "@dagrejs/graphlib";
import type { Program, StepNode } from "./program.ts";

/** The steps of a program in the order in which they run. */
export function stepsOf({ steps }: Program): StepNode[] {
  return ordered(steps).flatMap((name) => steps.node(name) ?? []);
}

/**
 * The nodes of an acyclic graph, each after what it comes from; of several that could come next the one that was added
 * first. Graphlib's own sort recurses, which a long chain would not survive.
 *
 * @throws Error for a graph with a cycle, which is a mistake of planc's.
 */
export function ordered(graph: Graph<undefined, unknown, undefined>): string[] {
  const nodes = graph.nodes();
  const position = new Map(nodes.map((node, index) => [node, index]));
  const missing = new Map(nodes.map((node) => [node, graph.predecessors(node)?.length ?? 0]));
  const ready = nodes.filter((node) => missing.get(node) === 0);
  const sorted: string[] = [];
  for (let at = 0; at < ready.length; at++) {
    const node = ready[at] ?? "";
    sorted.push(node);
    const next = graph.successors(node) ?? [];
    for (const successor of next.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0))) {
      const left = (missing.get(successor) ?? 0) - 1;
      missing.set(successor, left);
      if (left === 0) ready.push(successor);
    }
  }
  if (sorted.length < nodes.length) throw new Error("a program graph has a cycle");
  return sorted;
}
