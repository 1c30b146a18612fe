import { cappedByCode } from "../diagnostics/capped.ts";
import { PLN1025 } from "../diagnostics/catalogue/language.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type Path, showPath } from "../source/path.ts";
import type { Written } from "./plan.ts";

const nul = /\0/;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Texts that YAML can spell with an escape and that nothing the job uses can hold: no path, command line, environment
 * variable or name on the Hub has a NUL in it, and half of a surrogate pair is no character of any encoding.
 */
export function unusableCharacters(value: unknown, written: Written): Diagnostic[] {
  return cappedByCode(unusable(value, written, []));
}

function* unusable(value: unknown, written: Written, path: Path): Iterable<Diagnostic> {
  if (typeof value === "string") yield* judge(value, written, path);
  if (typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, child] of Object.entries(value)) {
    const inner = [...path, isList ? Number(key) : key];
    if (!isList) yield* judge(key, written, inner, "key");
    yield* unusable(child, written, inner);
  }
}

function* judge(text: string, written: Written, path: Path, part: "key" | "value" = "value"): Iterable<Diagnostic> {
  const surrogate = loneSurrogate.exec(text)?.[0];
  if (surrogate === undefined && !nul.test(text)) return;
  const holder = part === "key" ? "the key " : "";
  const values = { path: `${holder}${showPath(path)}` };
  if (surrogate === undefined) yield PLN1025(written.at(path, part), values);
  else {
    const character = `\\u${surrogate.charCodeAt(0).toString(16)}`;
    yield PLN1025(written.at(path, part), { ...values, character }, { variant: "surrogate" });
  }
}
