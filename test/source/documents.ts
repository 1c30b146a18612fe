/** Random YAML documents in every style that `Source` has to find its way in. */
import fc from "fast-check";

type Tree =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "map"; readonly entries: readonly (readonly [key: string, value: Tree, style: Style])[] }
  | { readonly kind: "list"; readonly entries: readonly (readonly [value: Tree, style: Style])[] };

interface Style {
  /** What stands on lines of their own before the entry. */
  readonly before: string;
  /** What stands behind the entry, or behind its key where a block follows. */
  readonly behind: string;
  readonly indent: number;
  readonly gap: string;
  readonly anchor: boolean;
  readonly flow: boolean;
  /** Repeats a value that has an anchor, where there is one before. */
  readonly alias: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  before: fc.constantFrom("", "", "", "\n", "   \n", "# note: x\n", "      # - deep\n\n"),
  behind: fc.constantFrom("", "", "", "  ", " # 漢 {x: 1}"),
  indent: fc.integer({ min: 1, max: 3 }),
  gap: fc.constantFrom(" ", " ", "   "),
  anchor: fc.boolean(),
  flow: fc.boolean(),
  alias: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
});
const scalar = fc
  .constantFrom("1", "true", "word", "two words", '"quo: ted"', "'it''s'", "😀漢", '"e\u0301 # no"', "2.0e-5", "")
  .map((text): Tree => ({ kind: "text", text }));
const keys = ["a", "b", "c_d", '"q: r"', "'s'", "😀", "e.*", "f g"];

const { map } = fc.letrec<{ node: Tree; map: Tree; list: Tree }>((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, { weight: 2, arbitrary: scalar }, tie("map"), tie("list")),
  map: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), tie("node"), style), { selector: ([key]) => key, maxLength: 4 })
    .map((entries): Tree => ({ kind: "map", entries })),
  list: fc.array(fc.tuple(tie("node"), style), { maxLength: 3 }).map((entries): Tree => ({ kind: "list", entries })),
}));

/** Texts of documents that hold a mapping. */
export const documents: fc.Arbitrary<string> = fc
  .tuple(map, fc.constantFrom("\n", "\r\n"), fc.constantFrom("", "---\n", "# first\n"))
  .filter(([tree]) => tree.kind === "map" && tree.entries.length > 0)
  .map(([tree, newline, head]) => (head + new Writer().block(tree, 0)).replaceAll("\n", newline));

class Writer {
  private readonly anchors: string[] = [];
  private count = 0;

  block(tree: Tree, column: number): string {
    if (tree.kind === "text") throw new Error("a scalar is no block");
    return tree.entries
      .map((entry) => {
        const [lead, value, how] =
          entry.length === 3 ? [`${entry[0]}:`, entry[1], entry[2]] : (["-", entry[0], entry[1]] as const);
        return `${how.before}${" ".repeat(column)}${lead}${this.behindLead(value, how, column)}`;
      })
      .join("");
  }

  private behindLead(value: Tree, how: Style, column: number): string {
    const known = this.anchors[this.anchors.length >> 1];
    if (how.alias && known !== undefined) return ` *${known}${how.behind}\n`;
    const name = how.anchor ? `x${this.count++}` : undefined;
    const anchor = name === undefined ? "" : ` &${name}`;
    const isBlock = value.kind !== "text" && !how.flow && value.entries.length > 0;
    const text = isBlock
      ? `${anchor}${how.behind}\n${this.block(value, column + how.indent)}`
      : `${anchor}${how.gap}${this.flow(value)}${how.behind}\n`;
    if (name !== undefined) this.anchors.push(name);
    return text;
  }

  private flow(tree: Tree): string {
    if (tree.kind === "text") return tree.text;
    if (tree.kind === "list") {
      return `[${tree.entries.map(([value, { gap }]) => `${gap}${this.flow(value) || "null"}`).join(",")}]`;
    }
    return `{${tree.entries.map(([key, value, { gap }]) => ` ${key}:${gap}${this.flow(value)}`).join(",")} }`;
  }
}
