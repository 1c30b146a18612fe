import { type Document, isMap, isScalar, isSeq, type Node, parseDocument, visit, type YAMLError } from "yaml";
import { capped } from "../diagnostics/capped.ts";
import type { Case } from "../diagnostics/case.ts";
import { PLN1003, PLN1004 } from "../diagnostics/catalogue/source.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import { Lines } from "../text/lines.ts";
import type { Location, Span } from "../text/location.ts";
import type { Repeated } from "./json-places.ts";
import { locator } from "./locate.ts";
import { endOf, startOf } from "./nodes.ts";
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
  if (other !== undefined) return [syntaxError(document, other, text, at)];
  return capped(repeatedKeys(document.contents, text), ({ name, start, end, first }) => {
    const related = [
      { message: "it stands here first", location: at(first.start, Math.max(first.start + 1, first.end)) },
    ];
    return PLN1004(at(start, Math.max(start + 1, end)), { key: name }, { related });
  });
}

/** Keys that stand in their mapping before. */
function repeatedKeys(root: Node | null, text: string): Repeated[] {
  const repeated: Repeated[] = [];
  const visit = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) visit(item);
    if (!isMap(node)) return;
    const names = new Map<string, Span>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : undefined;
      if (isScalar(key) && name !== undefined) {
        const span = { start: startOf(key), end: endOf(key, text) };
        const first = names.get(name);
        if (first === undefined) names.set(name, span);
        else repeated.push({ ...span, name, first });
      }
      visit(value);
    }
  };
  visit(root);
  return repeated;
}

function syntaxError(
  document: Document,
  error: YAMLError,
  text: string,
  at: (start: number, end: number) => Location,
): Diagnostic {
  const start = openQuote(document, error) ?? error.pos[0];
  const lineEnd = text.indexOf("\n", start);
  const end = Math.max(start, Math.min(error.pos[1], lineEnd === -1 ? text.length : lineEnd, start + 40));
  const place = at(start, end);
  if (error.code === "MULTIPLE_DOCS") return PLN1003(place, {}, { variant: "documents" });
  if (error.code === "TAB_AS_INDENT") return PLN1003(place, {}, { variant: "tab" });
  const what = error.message.replace(/\.$/, "");
  return PLN1003(place, { what: what.charAt(0).toLowerCase() + what.slice(1) });
}

/** Where the text begins that does not end: the parser finds it out at the end of the file. */
function openQuote(document: Document, { message }: YAMLError): number | undefined {
  if (!/^Missing closing ["']quote/.test(message)) return undefined;
  let start: number | undefined;
  visit(document, {
    Scalar: (_, node) => {
      if (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE") start = startOf(node);
    },
  });
  return start;
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
    const step = [...line[0].matchAll(/[-?:] /g)][maxDepth];
    if (step !== undefined) return line.index + step.index;
    if (line[0].length > 8 * maxDepth) return line.index + line[0].length;
  }
  return undefined;
}

export const cases: readonly Case[] = [
  {
    name: "brackets that nest too deep, at the first one too many",
    rest: "none",
    plan: `
a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ 1 ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
#@ [68:69) PLN1003 nested more than 64 levels deep
`,
  },
  {
    name: "lists of lists that nest too deep",
    rest: "none",
    plan: `
a:
- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - 1
#@ [129:130) PLN1003 nested more than 64 levels deep
`,
  },
  {
    name: "a second document",
    rest: "none",
    plan: `
version: 1
---
#@ [01:04) PLN1003 more than one document in the file; one is expected
version: 1
`,
  },
  {
    name: "a tab for indentation",
    rest: "none",
    plan: `
parallelism:
\tep_size: 4
#@ [01:02) PLN1003 tab used for indentation; YAML indents with spaces
`,
  },
  {
    name: "a list that is not closed",
    rest: "none",
    plan: `
name: [a
version: 1
#@ [01:02) PLN1003 flow sequence in block collection must be sufficiently indented and end with a ]
`,
  },
  {
    name: "a key without a colon",
    rest: "none",
    plan: `
version: 1
name
#@ [01:05) PLN1003 implicit map keys need to be followed by map values
`,
  },
  {
    name: "a key that is indented otherwise than the one before",
    rest: "none",
    plan: `
parallelism:
  ep_size: 4
 fsdp_size: 8
#@ [01:02) PLN1003 all mapping items must start at the same column
`,
  },
  {
    name: "a text that does not end",
    rest: "none",
    plan: `
name: "plan
#@ [07:12) PLN1003 missing closing "quote
version: 1
`,
  },
  {
    name: "a text in a list that does not end",
    rest: "none",
    plan: `
sft: { label_names: ["labels", 'more] }
#@ [32:40) PLN1003 missing closing 'quote
name: plan
`,
  },
  {
    name: "every key that stands there again, at its second place",
    rest: "none",
    plan: `
version: 1
parallelism: { ep_size: 4, "ep_size": 8 }
#@ [28:37) PLN1004 key ep_size is written twice in the same mapping
#@   help: keep one of the two
#@   related 2:[16:23) it stands here first
name: plan
model:
  config: config.json
  config: other.json
#@ [03:09) PLN1004 key config is written twice in the same mapping
#@   help: keep one of the two
#@   related 5:[03:09) it stands here first
version: 1
#@ [01:08) PLN1004 key version is written twice in the same mapping
#@   help: keep one of the two
#@   related 1:[01:08) it stands here first
`,
  },
  {
    name: "one key in two mappings",
    shows: "nothing",
    plan: `
name: plan
data: { path: /data/rows.parquet, name: plan }
`,
  },
];
