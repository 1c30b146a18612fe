import { type Look, paint } from "../../diagnostics/formats/look.ts";
import type { Part, Sequence, Summary, Token } from "../../run/data.ts";
import { cells, widthOf } from "../../text/columns.ts";
import { visible } from "../../text/visible.ts";
import { count, plural } from "../../text/words.ts";

/** The most columns that are used, however wide the terminal is. */
const widest = 80;
/** In front of a run of tokens: whether they are in the loss. */
const marks = { out: "  - ", in: "  + " } as const;

/** What the rows of one source become. */
export function partTable(part: Part, look: Look): string {
  const width = Math.min(look.width, widest);
  const { error, summary, sequences = [], notes = [], kind = "", columns = [] } = part;
  const rows: (readonly [string, string])[] = [[part.name, `${visible(part.path)}, split ${visible(part.split)}`]];
  if (error !== undefined) rows.push(["error", visible(error)]);
  if (kind !== "") rows.push(["rows", `${kind} (${columns.map(visible).join(", ")})`]);
  if (summary !== undefined) rows.push(...figures(summary));
  for (const note of notes) rows.push(["warning", visible(note)]);
  const head = rows.map(([name, text]) => `${entry(name, text, width, look)}\n`).join("");
  return head + sequences.map((each) => `\n${sequenceTable(each, look)}`).join("");
}

function figures(summary: Summary): [string, string][] {
  const { rows, tokens, longest, truncated, max_length, empty, dropped, sequences, prepared, in_loss } = summary;
  const lost = [
    ...(truncated > 0 ? [`${count(truncated)} cut at max_length ${count(max_length ?? 0)}`] : []),
    ...(empty > 0 ? [`${count(empty)} without a token in the loss`] : []),
    ...(dropped > 0 ? [`${count(dropped)} dropped`] : []),
  ];
  const share = Math.round((100 * in_loss) / Math.max(1, prepared));
  return [
    [
      "sample",
      [`the first ${plural(rows, "row")}: ${count(tokens)} tokens, the longest row ${count(longest)}`, ...lost].join(
        "; ",
      ),
    ],
    ["in loss", `${count(in_loss)} of ${count(prepared)} tokens (${share}%) in ${plural(sequences, "sequence")}`],
  ];
}

/** A name and a text, broken at spaces. */
function entry(name: string, text: string, width: number, look: Look): string {
  const indent = 11;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  const style = name === "error" || name === "warning" ? name : "strong";
  return lines
    .map((each, index) => (index === 0 ? paint(look, style, name.padEnd(indent)) : " ".repeat(indent)) + each)
    .join("\n");
}

/**
 * One sequence, token by token: a run of tokens in the loss behind `+`, of others behind `-`, documents apart. The first
 * token of a sequence or a document is never in the loss: nothing comes before it.
 */
export function sequenceTable({ row, documents, tokens }: Sequence, look: Look): string {
  const inLoss = tokens.filter(([, , isIn]) => isIn).length;
  const packed = documents.length > 1 ? `, ${plural(documents.length, "document")}` : "";
  const name = row === null ? "sequence" : `row ${row}`;
  const lines = [
    paint(look, "strong", `${name}: ${plural(tokens.length, "token")}, ${count(inLoss)} in the loss${packed}`),
  ];
  let begin = 0;
  for (const [index, length] of documents.entries()) {
    if (documents.length > 1) lines.push(`  document ${index + 1}: ${plural(length, "token")}`);
    lines.push(...runs(tokens.slice(begin, begin + length), look));
    begin += length;
  }
  return `${lines.join("\n")}\n`;
}

function runs(tokens: readonly Token[], look: Look): string[] {
  const lines: string[] = [];
  for (let begin = 0; begin < tokens.length; ) {
    const isIn = tokens[begin]?.[2] === true;
    let end = begin;
    while (end < tokens.length && (tokens[end]?.[2] === true) === isIn) end += 1;
    lines.push(
      ...wrapped(
        tokens.slice(begin, end).map(([, text]) => visible(text)),
        isIn,
        look,
      ),
    );
    begin = end;
  }
  return lines;
}

function wrapped(texts: readonly string[], isIn: boolean, look: Look): string[] {
  const mark = isIn ? marks.in : marks.out;
  const room = Math.min(look.width, widest) - mark.length;
  const bar = look.unicode ? "\u2502" : "|";
  const lines: string[] = [];
  let line = "";
  let used = 0;
  const flush = () => {
    lines.push(paint(look, isIn ? "fix" : "place", mark + line));
    line = "";
    used = 0;
  };
  for (const [index, text] of texts.entries()) {
    const closing = index < texts.length - 1 ? bar : "";
    const parts = [
      ...cells(text).map(({ shown, width }) => ({ shown, width })),
      { shown: closing, width: closing.length },
    ];
    const whole = widthOf(cells(text)) + closing.length;
    if (used > 0 && used + whole > room) flush();
    for (const { shown, width } of parts) {
      if (used + width > room) flush();
      line += shown;
      used += width;
    }
  }
  if (line !== "") flush();
  return lines;
}
