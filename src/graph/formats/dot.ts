import { type GraphFormat, linesOf, numbered } from "./format.ts";

const shapes = { stored: "cylinder", move: "plain", parameter: "box", step: "box" } as const;

/** For Graphviz. */
export const dot: GraphFormat = (program, names) => {
  const rows = names.flatMap((name) => {
    const { nodes, edges } = numbered(program[name], name.charAt(0));
    return [
      `  subgraph cluster_${name} {`,
      `    label=${quote(name)}`,
      ...nodes.map(({ id, node }) => `    ${id} [shape=${shapes[node.kind]}, label=${quote(...linesOf(node))}]`),
      ...edges.map(([from, to]) => `    ${from} -> ${to}`),
      "  }",
    ];
  });
  return `${["digraph program {", "  rankdir=LR", '  node [fontname="sans-serif", fontsize=10]', ...rows, "}"].join("\n")}\n`;
};

function quote(...lines: readonly string[]): string {
  return `"${lines.map((line) => line.replace(/["\\]/g, "\\$&")).join("\\n")}"`;
}
