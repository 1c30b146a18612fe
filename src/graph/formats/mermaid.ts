import { type GraphFormat, linesOf, numbered } from "./format.ts";

/** For Markdown on GitHub and elsewhere. */
export const mermaid: GraphFormat = (program, names) => {
  const rows = names.flatMap((name) => {
    const { nodes, edges } = numbered(program[name], name.charAt(0));
    return [
      `  subgraph ${name}`,
      ...nodes.map(({ id, node }) => `    ${id}["${linesOf(node).map(entities).join("<br/>")}"]`),
      ...edges.map(([from, to]) => `    ${from} --> ${to}`),
      "  end",
    ];
  });
  return `${["flowchart LR", ...rows].join("\n")}\n`;
};

/** Mermaid reads Markdown and HTML inside quotes; what could mean something there goes as an entity. */
function entities(text: string): string {
  return text.replace(/[^\w ,.[\](){}/:-]/gu, (char) => `#${char.codePointAt(0)};`);
}
