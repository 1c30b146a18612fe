import { type Document, isMap, isScalar, parseDocument, type YAMLError } from "yaml";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import { Lines } from "../text/lines.ts";
import type { Location } from "../text/location.ts";
import { locator } from "./locate.ts";
import { brokenReference } from "./references.ts";
import type { Source } from "./source.ts";

/** Values that aliases may expand to; a bomb of nested aliases reaches it at once, a real plan never. */
const maxAliases = 1000;

/** Deeper than any plan or config.json, far from what the parser's recursion can take. */
const maxDepth = 64;

/** Parses YAML 1.2 with merge keys. Every key is read as text. */
export function parseYaml(file: string, text: string): Result<Source> {
  const lines = new Lines(text);
  const at = (start: number, end: number): Location => ({ file, range: lines.range({ start, end }) });
  const deep = (offset: number) => {
    return {
      value: undefined,
      diagnostics: [report("PLN1003", at(offset, offset + 1), { limit: maxDepth }, { variant: "deep" })],
    };
  };
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) return deep(tooDeep);
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: true,
    merge: true,
  });
  const diagnostics = problems(document, text, at);
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const broken = /\*|<</.test(text) ? brokenReference(document, at) : undefined;
  if (broken !== undefined) return { value: undefined, diagnostics: [broken] };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const bomb = report("PLN1003", at(0, 0), { limit: maxAliases }, { variant: "aliases" });
    return { value: undefined, diagnostics: [bomb] };
  }
  return { value: { file, text, value, ...locator(document, text, at) }, diagnostics: [] };
}

/** The syntax errors worth telling: every duplicate key, and of the others the first, since the rest follow from it. */
function problems(document: Document, text: string, at: (start: number, end: number) => Location): Diagnostic[] {
  const duplicates = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
  const other = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
  const found: Diagnostic[] = other === undefined ? [] : [syntaxError(other, text, at)];
  for (const { pos } of other === undefined ? duplicates : []) {
    const key = scalarAt(document, pos[0]) ?? text.slice(pos[0], pos[1]).split(/[:\n]/)[0] ?? "";
    const end = pos[0] + Math.max(1, key.length);
    found.push(report("PLN1004", at(pos[0], end), { key }));
  }
  return found;
}

function syntaxError(error: YAMLError, text: string, at: (start: number, end: number) => Location): Diagnostic {
  const [start] = error.pos;
  const lineEnd = text.indexOf("\n", start);
  const end = Math.max(start, Math.min(error.pos[1], lineEnd === -1 ? text.length : lineEnd, start + 40));
  const place = at(start, end);
  if (error.code === "MULTIPLE_DOCS") return report("PLN1003", place, {}, { variant: "documents" });
  if (error.code === "TAB_AS_INDENT") return report("PLN1003", place, {}, { variant: "tab" });
  const what = error.message.replace(/\.$/, "");
  return report("PLN1003", place, { what: what.charAt(0).toLowerCase() + what.slice(1) });
}

function scalarAt(document: Document, offset: number): string | undefined {
  let found: string | undefined;
  const visit = (node: unknown): void => {
    if (found !== undefined || !isMap(node)) return;
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.range?.[0] === offset) found = String(key.value);
      visit(value);
    }
  };
  visit(document.contents);
  return found;
}

/**
 * Offset at which brackets or indentation nest too deeply, judged on the raw text before the recursive parser sees it.
 * Brackets inside quoted text count too, which only a text with dozens of unbalanced ones would notice.
 */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) return at;
    } else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--;
  }
  for (const line of text.matchAll(/^(?:[ ]*(?:[-?:] ))+|^ +/gm)) {
    const steps = line[0].match(/[-?:] /g)?.length ?? 0;
    if (steps > maxDepth) return line.index + line[0].length;
    if (line[0].length > 8 * maxDepth) return line.index + line[0].length;
  }
  return undefined;
}
