import { type Document, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLError } from "yaml";
import { capped } from "../diagnostics/capped.ts";
import { PLN1003, PLN1004 } from "../diagnostics/catalogue/source.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import { Lines } from "../text/lines.ts";
import type { Location } from "../text/location.ts";
import { locator } from "./locate.ts";
import { referencesIn } from "./references.ts";
import type { Source } from "./source.ts";

/** Deeper than any plan or config.json, far from what the parser's recursion can take. */
const maxDepth = 64;

/** Parses YAML 1.2 with merge keys. Every key is read as text. */
export function parseYaml(file: string, text: string): Result<Source> {
  const lines = new Lines(text);
  const at = (start: number, end: number): Location => ({ file, range: lines.range({ start, end }) });
  const deep = (offset: number) => {
    return {
      value: undefined,
      diagnostics: [PLN1003(at(offset, offset + 1), { limit: maxDepth }, { variant: "deep" })],
    };
  };
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) return deep(tooDeep);
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    // Which compares every key with all before it; `repeatedKeys` remembers them.
    uniqueKeys: false,
    merge: true,
  });
  const diagnostics = problems(document, text, at);
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const { targets, broken } = referencesIn(document, at);
  if (broken !== undefined) return { value: undefined, diagnostics: [broken] };
  // Aliases have been counted, by the values that they come to.
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  return { value: { file, text, value, ...locator(document, targets, text, at) }, diagnostics: [] };
}

/** The syntax errors worth telling: every duplicate key, and of the others the first, since the rest follow from it. */
function problems(document: Document, text: string, at: (start: number, end: number) => Location): Diagnostic[] {
  const [other] = document.errors;
  if (other !== undefined) return [syntaxError(other, text, at)];
  return capped(repeatedKeys(document.contents), ({ name, start }) =>
    PLN1004(at(start, start + Math.max(1, name.length)), { key: name }),
  );
}

/** Keys that stand in their mapping before. */
function repeatedKeys(node: Node | null): { readonly name: string; readonly start: number }[] {
  const repeated: { name: string; start: number }[] = [];
  const visit = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) visit(item);
    if (!isMap(node)) return;
    const names = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : undefined;
      if (isScalar(key) && name !== undefined) {
        if (names.has(name)) repeated.push({ name, start: key.range?.[0] ?? 0 });
        names.add(name);
      }
      visit(value);
    }
  };
  visit(node);
  return repeated;
}

function syntaxError(error: YAMLError, text: string, at: (start: number, end: number) => Location): Diagnostic {
  const [start] = error.pos;
  const lineEnd = text.indexOf("\n", start);
  const end = Math.max(start, Math.min(error.pos[1], lineEnd === -1 ? text.length : lineEnd, start + 40));
  const place = at(start, end);
  if (error.code === "MULTIPLE_DOCS") return PLN1003(place, {}, { variant: "documents" });
  if (error.code === "TAB_AS_INDENT") return PLN1003(place, {}, { variant: "tab" });
  const what = error.message.replace(/\.$/, "");
  return PLN1003(place, { what: what.charAt(0).toLowerCase() + what.slice(1) });
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
