import { expect, test } from "vitest";
import { code, markdown } from "../../src/text/markdown.ts";
import { runPython } from "./programs.ts";
import { awkwardText, sample } from "./values.ts";

/** What a reader sees of each text: rendered, tags removed, entities resolved. */
const render = `
import html, json, re, sys
from markdown_it import MarkdownIt
md = MarkdownIt("commonmark").enable("table")
shown = [html.unescape(re.sub(r"<[^>]*>", "", md.render(text))).strip("\\n") for text in json.load(sys.stdin)]
print(json.dumps(shown))
`;

const seen = (texts: readonly string[]): unknown => JSON.parse(runPython(render, JSON.stringify(texts)));
const texts = sample(awkwardText).map((text) => text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ").trim());
const shown = texts.filter((text) => text !== "");

test("Markdown shows text as it was written, in a paragraph and in a list item", () => {
  expect(seen(shown.map(markdown))).toEqual(shown);
  expect(seen(shown.map((text) => `- ${markdown(text)}`))).toEqual(shown.map((text) => `\n${text}`.slice(1)));
});

test("a code span shows text as it was written", () => {
  expect(seen(shown.map((text) => `x${code(text)}x`))).toEqual(shown.map((text) => `x${text}x`));
});

test("names stay readable", () => {
  expect(markdown("dp_replicate 2, ep_size 8.")).toBe("dp_replicate 2, ep_size 8.");
  expect(code("plans/qwen3-ep8.yaml")).toBe("`plans/qwen3-ep8.yaml`");
});

test("undefined is refused", () => {
  expect(() => markdown(undefined as never)).toThrow("undefined cannot be written as Markdown");
});
