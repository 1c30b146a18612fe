import { json as write } from "../../text/json.ts";
import { ordered } from "../order.ts";
import type { GraphFormat } from "./format.ts";

/** For programs: version 1, each graph's nodes in an order in which they can be done, and its edges. */
export const json: GraphFormat = (program, names) => {
  const graphs = names.map((name) => {
    const graph = program[name];
    const nodes = ordered(graph).map((id) => ({ id, ...graph.node(id) }));
    return [name, { nodes, edges: graph.edges().map(({ v, w }) => ({ from: v, to: w })) }] as const;
  });
  return `${write({ version: 1, ...Object.fromEntries(graphs) })}\n`;
};
