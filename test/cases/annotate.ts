import type { Case } from "../../src/diagnostics/case.ts";
import type { Diagnostic, Fix } from "../../src/diagnostics/diagnostic.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { changedLines, inPlace } from "../../src/diagnostics/formats/suggestion.ts";
import { Lines } from "../../src/text/lines.ts";
import type { Location, Position } from "../../src/text/location.ts";
import { visible } from "../../src/text/visible.ts";
import { type Composed, compose } from "./compose.ts";
import { filesOf, planFile } from "./files.ts";
import { afterFix, type Judgement, judge } from "./judge.ts";

/** A case that was run. */
export interface Ran {
  /** The case's plan with what is said of it below its lines. */
  readonly annotated: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The whole plan, as it was judged. */
  readonly judged: string;
}

type Sources = Judgement["sources"];

/** Judges a case and writes what is said of its plan below the plan's lines. */
export async function run(each: Case): Promise<Ran> {
  const written = withoutAnnotations(each.plan);
  // A template literal begins on the line below its backtick.
  const part = written.replace(/^\n/, "");
  const lead = written.slice(0, written.length - part.length);
  const plan = compose(part, each);
  const files = filesOf(plan.text, each);
  const { diagnostics, sources } = await judge(files, each.release);
  const places = new Places(part, plan, sources);
  const below = new Map<number, string[]>();
  for (const diagnostic of diagnostics) {
    const line = places.line(diagnostic.location) ?? Number.POSITIVE_INFINITY;
    const outcomes: string[] = [];
    for (const fix of diagnostic.fixes) {
      const left = await afterFix(files, diagnostic, fix, each.release);
      outcomes.push(...fixLines(fix, diagnostic, sources, left));
    }
    below.set(line, [...(below.get(line) ?? []), ...annotation(diagnostic, places), ...outcomes]);
  }
  return { annotated: lead + insertBelow(part, below), diagnostics, judged: plan.text };
}

/** A plan as it is judged. */
export function withoutAnnotations(plan: string): string {
  return plan
    .split("\n")
    .filter((line) => !isAnnotation(line))
    .join("\n");
}

export function isAnnotation(line: string): boolean {
  return line.startsWith("#@");
}

function annotation(diagnostic: Diagnostic, places: Places): string[] {
  const { code, severity, message, location, help, issue, related } = diagnostic;
  const said = severity === "error" ? "" : ` ${severity}:`;
  return [
    `#@ ${places.place(location, "here")} ${code}${said} ${visible(message)}`,
    ...(help === undefined ? [] : [`#@   help: ${visible(help)}`]),
    ...(issue === undefined ? [] : [`#@   issue: ${issue}`]),
    ...related.map((other) => `#@   related ${places.place(other.location)} ${visible(other.message)}`),
  ];
}

function fixLines(fix: Fix, { location }: Diagnostic, sources: Sources, left: readonly string[]): string[] {
  const title = visible(fix.title);
  const text = inPlace(fix, location);
  const isSaid = text !== undefined && text !== "" && title.includes(text);
  const changes = isSaid ? [] : changedLines(fix, sources, { ...plainLook, width: 1000 });
  const outcome = left.length === 0 ? "fine" : left.join(", ");
  return [`#@   fix "${title}" -> ${outcome}`, ...changes.map((line) => `#@   ${line}`)];
}

/** Lines below the lines of a text; those without one at its end. */
function insertBelow(text: string, below: ReadonlyMap<number, readonly string[]>): string {
  if (text === "") return [...[...below.values()].flat(), ""].join("\n");
  const lines = text.split("\n");
  const last = lines.at(-1) === "" && lines.length > 1 ? lines.length - 2 : lines.length - 1;
  const rows = lines.flatMap((line, index) => [
    line,
    ...[...below].filter(([at]) => Math.min(at, last) === index).flatMap(([, annotations]) => annotations),
  ]);
  return rows.join("\n");
}

/** How places read in an annotation. */
class Places {
  private readonly lines: Lines;

  constructor(
    part: string,
    private readonly plan: Composed,
    private readonly sources: Sources,
  ) {
    this.lines = new Lines(part);
  }

  /** The line of the part that a location starts on, from zero; undefined in another file or in what was added. */
  line({ file, range }: Location): number | undefined {
    return file === planFile ? this.inPart(range.start, false)?.line : undefined;
  }

  /** `here`: below the line that the location starts on. */
  place(location: Location, here?: "here"): string {
    const { file, range } = location;
    if (file !== planFile) {
      const line = `${visible(file)} ${range.start.line + 1}:`;
      return `${line}${span(range.start, range.end)}${this.marked(location)}`;
    }
    const start = this.inPart(range.start, false);
    if (start === undefined) return `rest${this.marked(location)}`;
    const line = here === undefined ? `${start.line + 1}:` : "";
    return `${line}${span(start, this.inPart(range.end, true))}`;
  }

  private inPart(position: Position, isEnd: boolean): Position | undefined {
    const offset = this.plan.back(offsetOf(this.plan.text, position), isEnd);
    return offset === undefined ? undefined : this.lines.position(offset);
  }

  /** The line that a location starts on, with «marks» around what it covers of it. Long lines show that alone. */
  private marked({ file, range: { start, end } }: Location): string {
    const text = file === planFile ? this.plan.text : this.sources.get(file);
    const line = text?.split("\n")[start.line]?.replace(/\r$/, "");
    if (line === undefined) return "";
    const until = end.line === start.line ? end.character : line.length;
    const covered = `«${line.slice(start.character, until)}»`;
    const whole = `${line.slice(0, start.character)}${covered}${line.slice(until)}`.trim();
    return ` | ${visible(whole.length <= 100 ? whole : covered.length <= 60 ? covered : `${covered.slice(0, 60)}…`)} |`;
  }
}

/** `[05:14)`, or `[05-07:03)` where it ends on a later line; `rest` where it ends in what was added. */
function span(start: Position, end: Position | undefined): string {
  const column = ({ character }: Position) => String(character + 1).padStart(2, "0");
  if (end === undefined) return `[${column(start)}-rest)`;
  const line = end.line === start.line ? "" : `-${String(end.line + 1).padStart(2, "0")}`;
  return `[${column(start)}${line}:${column(end)})`;
}

function offsetOf(text: string, { line, character }: Position): number {
  let start = 0;
  for (let passed = 0; passed < line; passed++) {
    const next = text.indexOf("\n", start);
    if (next === -1) break;
    start = next + 1;
  }
  return start + character;
}
