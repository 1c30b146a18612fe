import type { Location } from "../../text/location.ts";
import { visible } from "../../text/visible.ts";
import type { Diagnostic, Fix, Related } from "../diagnostic.ts";
import { type Findings, type Format, placeOf } from "./format.ts";
import { frame, type Mark } from "./frame.ts";
import { type Look, paint, type Role, sentence } from "./look.ts";
import { changedLines, inPlace } from "./suggestion.ts";
import { countInWords, countOf } from "./summary.ts";

/** For people at a terminal: the message, the lines it speaks of with the fix under the caret, help, and a count at the end. */
export const pretty: Format = ({ diagnostics, sources }, look) => {
  if (diagnostics.length === 0) return "";
  const blocks = diagnostics.map((diagnostic) => block(diagnostic, sources, look));
  return `${[...blocks, closing(diagnostics, look)].join("\n\n")}\n`;
};

function block(diagnostic: Diagnostic, sources: Findings["sources"], look: Look): string {
  const { severity, code, message, location, related, help, issue, fixes } = diagnostic;
  const [first, ...others] = fixes;
  const name = `${severity} ${code}`;
  const [start = "", ...more] = sentence(look, `${name}: ${visible(message)}`);
  const headline = [
    `${paint(look, severity, name)}${paint(look, "strong", start.slice(name.length))}`,
    ...more.map((line) => paint(look, "strong", line)),
  ].join("\n");
  // A note asks for nothing to be done, so it takes no more room than it must.
  if (severity === "info") return `${headline}\n  ${paint(look, "place", placeOf(location))}`;
  const rows = [
    headline,
    "",
    ...places(
      { range: location.range, caret: "^", role: severity, ...suggestion(first, location) },
      location,
      related,
      sources,
      look,
    ),
  ];
  const notes = [
    ...(help === undefined ? [] : headed("help:", "strong", visible(help), look)),
    ...[...(first !== undefined && inPlace(first, location) === undefined ? [first] : []), ...others].flatMap((fix) => [
      ...headed("fix:", "fix", visible(fix.title), look),
      ...changedLines(fix, sources, look),
    ]),
    ...(issue === undefined ? [] : headed("known issue:", "strong", `${issue}, see planc issues`, look)),
  ];
  return [...rows, ...(notes.length > 0 ? ["", ...notes.map((note) => `  ${note}`)] : [])].join("\n");
}

/** A sentence behind a word that says what it is. */
function headed(word: string, role: Role, text: string, look: Look): string[] {
  const lines = sentence({ ...look, width: look.width - 2 }, text, word.length + 1);
  return lines.map((line, index) => (index === 0 ? `${paint(look, role, word)} ${line.trimStart()}` : line));
}

/** The suggestion is the caret's label; where its words do not hold the new text, that stands below. */
function suggestion(fix: Fix | undefined, location: Location): Partial<Mark> {
  const text = fix === undefined ? undefined : inPlace(fix, location);
  if (fix === undefined || text === undefined) return {};
  const label = { text: visible(fix.title), role: "fix" } as const;
  return text === "" || label.text.includes(text) ? { label } : { label, instead: text };
}

/** A frame for each file that the diagnostic speaks of, its own first. */
function places(
  mark: Mark,
  location: Location,
  related: readonly Related[],
  sources: Findings["sources"],
  look: Look,
): string[] {
  const files = [...new Set([location.file, ...related.map((other) => other.location.file)])];
  const frames = files.map((file) => {
    const others = related.filter((other) => other.location.file === file);
    const text = sources.get(file);
    const heading = file === location.file ? location : (others[0]?.location ?? location);
    if (text === undefined)
      return [`  ${paint(look, "place", visible(file))}`, ...others.map((other) => `  ${visible(other.message)}`)];
    const marks = [...(file === location.file ? [mark] : []), ...others.map(relatedMark)];
    return [`  ${paint(look, "place", placeOf(heading))}`, ...frame(text, marks, look)];
  });
  return frames.flatMap((rows, index) => (index === 0 ? rows : ["", ...rows]));
}

function relatedMark({ message, location }: Related): Mark {
  const role: Role = "info";
  return { range: location.range, caret: "-", role, label: { text: visible(message), role } };
}

function closing(diagnostics: readonly Diagnostic[], look: Look): string {
  const count = countOf(diagnostics);
  const role = count.errors > 0 ? "error" : count.warnings > 0 ? "warning" : "info";
  const first = diagnostics.find(({ severity }) => severity === "error") ?? diagnostics[0];
  const hint = `More: planc explain ${first?.code}`;
  const isNarrow = look.wraps === true && `${countInWords(count)}. ${hint}`.length > look.width;
  return `${paint(look, role, `${countInWords(count)}.`)}${isNarrow ? "\n" : " "}${paint(look, "faint", hint)}`;
}
