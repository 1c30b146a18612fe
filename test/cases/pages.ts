import type { Example } from "../../src/diagnostics/case.ts";
import type { Page } from "../../src/diagnostics/page.ts";
import { withPoints } from "../published-numbers.ts";
import { compose, inSection } from "./compose.ts";
import { contentOf, type Files, filesOf, textOf } from "./files.ts";

/** A block of a page that can run. */
export interface Block {
  readonly side: "wrong" | "right";
  readonly language: "yaml" | "json";
  readonly text: string;
  /** Which of its side's blocks it is, from one. */
  readonly number: number;
}

/**
 * The plans and config.json files of a page. What follows a line that begins with Right and ends with a colon is
 * right; whatever stands before it shows the diagnostic.
 */
export function blocksOf({ docs }: Pick<Page, "docs">): readonly Block[] {
  const blocks: Block[] = [];
  let side: Block["side"] = "wrong";
  for (const [, heading, language, text = ""] of docs.matchAll(parts)) {
    if (heading !== undefined) side = heading === "Right" ? "right" : "wrong";
    else if (language === "yaml" || language === "json")
      blocks.push({ side, language, text, number: blocks.filter((block) => block.side === side).length + 1 });
  }
  return blocks;
}

const parts = /^(Wrong|Right|Without effect)\b[^\n]*:$|^```(\w+)\n(.*?)^```$/gms;

/** What an example says of one side of a page. */
export function sideOf({ wrong, right, ...both }: Example, side: Block["side"]): Example {
  return { ...both, ...(side === "wrong" ? wrong : right) };
}

/** The files that a block is judged with. */
export function filesOfBlock({ side, language, text }: Block, example: Example = {}): Files {
  const { under, json = "keys", ...context } = sideOf(example, side);
  if (language === "yaml") {
    const part = under === undefined ? text : inSection(under, text);
    return filesOf(compose(part, context).text, context);
  }
  const plan = compose("", context).text;
  if (json === "config") return filesOf(plan, { ...context, config: { text } });
  if (json !== "keys") {
    const header = { header: text.trimEnd(), data: dataOf(text) };
    const [path, content] = "file" in json ? [json.file, text] : [json.header, header];
    return { ...filesOf(plan, context), [path]: contentOf(content) };
  }
  const keys: unknown = JSON.parse(text);
  const config = withPoints(JSON.stringify({ ...JSON.parse(textOf(context.config)), ...Object(keys) }, null, 2));
  return filesOf(plan, { ...context, config: { text: config } });
}

/** The bytes that a header speaks of. */
function dataOf(header: string): number {
  const ends = [...header.matchAll(/"data_offsets": \[\d+, (\d+)\]/g)].map(([, end]) => Number(end));
  return Math.max(0, ...ends);
}
