import { capped } from "../diagnostics/capped.ts";
import type { Examples } from "../diagnostics/case.ts";
import { PLN1020, PLN1021, PLN1022, PLN1023 } from "../diagnostics/catalogue/language.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import { replaceWith } from "../diagnostics/fix.ts";
import type { SchemaError } from "../generated/validate-plan.js";
import { type Path, showPath } from "../source/path.ts";
import { show } from "../text/show.ts";
import { suggest } from "../text/suggest.ts";
import { andList, orList } from "../text/words.ts";
import { insteadOf } from "./foreign-keys.ts";
import { keysOf, sectionOf } from "./keys.ts";
import type { Written } from "./plan.ts";

/**
 * Says what the validator found, one message a place: the key or value, what is accepted, what was probably meant. At most so
 * many of each code in one mapping.
 */
export function explainSchemaErrors(errors: readonly SchemaError[], plan: unknown, written: Written): Diagnostic[] {
  const told = new Set<string>();
  const missing = missingKeys(errors);
  const found = errors.flatMap((error) => {
    if (error.keyword === "if" || error.keyword === "propertyNames") return [];
    const path = pathOf(error.instancePath, plan);
    const diagnostic = explain(error, path, valueAt(plan, path), missing.get(error.instancePath) ?? [], written);
    if (diagnostic === undefined) return [];
    const place = JSON.stringify(diagnostic.location) + (error.keyword === "required" ? "required" : "");
    if (told.has(place)) return [];
    told.add(place);
    const isOfKey = error.keyword === "additionalProperties" || error.propertyName !== undefined;
    const mapping = showPath(isOfKey ? path : path.slice(0, -1));
    return [{ diagnostic, kind: `${diagnostic.code} ${mapping}` }];
  });
  return capped(
    found,
    ({ diagnostic }) => diagnostic,
    ({ kind }) => kind,
  );
}

function explain(
  error: SchemaError,
  path: Path,
  value: unknown,
  missing: readonly string[],
  written: Written,
): Diagnostic | undefined {
  const related = written.via(path);
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(path, String(error.params["additionalProperty"]), written);
    case "required": {
      if (missing.length === 0) return undefined;
      const where = path.length === 0 ? "the plan" : showPath(path);
      const noun = missing.length === 1 ? "key" : "keys";
      return PLN1021(written.at(path, "key"), { where, noun, missing: andList(missing) }, { related });
    }
    case "pattern":
    case "minLength":
    case "maxLength":
      if (error.propertyName !== undefined) {
        const place = written.at([...path, error.propertyName], "key");
        return PLN1023(place, { path: showPath(path), key: JSON.stringify(error.propertyName) }, { variant: "key" });
      }
      break;
  }
  const place = written.at(path);
  const values = { path: showPath(path), expected: expectation(error, path), value: written.raw(path) ?? show(value) };
  const fixes = valueFixes(error, value, place);
  if (value === null) return PLN1022(written.at(path, "key"), values, { variant: "nothing", related });
  return error.keyword === "type"
    ? PLN1022(place, values, { fixes, related })
    : PLN1023(place, values, { fixes, related });
}

/**
 * Pointer to a mapping → the keys that it lacks. Where an unknown key of the same mapping was meant to be one of them, the
 * misspelling is the one mistake.
 */
function missingKeys(errors: readonly SchemaError[]): ReadonlyMap<string, readonly string[]> {
  const missing = new Map<string, Set<string>>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== "required") continue;
    const keys = missing.get(instancePath) ?? new Set();
    missing.set(instancePath, keys.add(String(params["missingProperty"])));
  }
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== "additionalProperties") continue;
    const keys = missing.get(instancePath);
    for (const key of keys ?? []) if (suggest(String(params["additionalProperty"]), [key]) === key) keys?.delete(key);
  }
  return new Map([...missing].map(([pointer, keys]) => [pointer, [...keys]]));
}

function unknownKey(parent: Path, key: string, written: Written): Diagnostic {
  const place = written.at([...parent, key], "key");
  const section = showPath(parent);
  const known = keysOf(section);
  const where = parent.length === 0 ? "the plan" : section;
  const instead = insteadOf(key);
  if (instead !== undefined) return PLN1020(place, { key, where }, { help: instead });
  const near = suggest(key, known);
  if (near !== undefined) {
    const values = { key, where, near };
    return PLN1020(place, values, { variant: "near", fixes: [replaceWith(place, near, `write ${near}`)] });
  }
  const other = sectionOf(key);
  const help = other === undefined ? `${where} takes ${andList(known)}` : `${key} belongs under ${other}`;
  return PLN1020(place, { key, where }, { help });
}

const typeNames: Readonly<Record<string, string>> = {
  integer: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
};

/** What a pattern wants, by the last key of its path. */
const patternNames: Readonly<Record<string, string>> = {
  name: "1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit",
  revision: "a commit, branch or tag name",
  max_shard_size: 'a size such as "5GB"',
};

function expectation({ keyword, params }: SchemaError, path: Path): string {
  switch (keyword) {
    case "type": {
      const types = [params["type"]].flat().map((type) => typeNames[String(type)] ?? String(type));
      const also = path.at(-1) === "base_model_ep_plan" ? ['"default"'] : [];
      return orList([...new Set([...types, ...also])]);
    }
    case "const":
      return path.at(-1) === "base_model_ep_plan"
        ? '"default" or a mapping of pattern: style'
        : show(params["allowedValue"]);
    case "enum":
      return orList([params["allowedValues"]].flat().map((value) => String(value)));
    case "minimum":
      return `at least ${params["limit"]}`;
    case "maximum":
      return `at most ${params["limit"]}`;
    case "minLength":
      return "text that is not empty";
    case "maxLength":
      return `at most ${params["limit"]} characters`;
    default:
      return path[1] === "versions"
        ? 'a release such as "5.23.0"'
        : (patternNames[String(path.at(-1))] ?? "another form");
  }
}

function valueFixes(error: SchemaError, value: unknown, place: Diagnostic["location"]): Fix[] {
  if (error.keyword === "type" && typeof value === "string") {
    const number = Number(value);
    const wanted = [error.params["type"]].flat();
    const fits = wanted.includes("integer") ? Number.isSafeInteger(number) : wanted.includes("number");
    if (value.trim() !== "" && Number.isFinite(number) && fits)
      return [replaceWith(place, number, "remove the quotes")];
  }
  if (error.keyword === "enum" && typeof value === "string") {
    const near = suggest(value, [error.params["allowedValues"]].flat().map(String));
    if (near !== undefined) return [replaceWith(place, near)];
  }
  if (error.keyword === "type" && typeof value === "number" && error.params["type"] === "string") {
    return [replaceWith(place, JSON.stringify(String(value)), "put it in quotes")];
  }
  return [];
}

function valueAt(plan: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string | number, unknown> | undefined)?.[step], plan);
}

/** A JSON pointer as a path; list indices become numbers where the document has a list. */
function pathOf(pointer: string, plan: unknown): Path {
  let value = plan;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const step = Array.isArray(value) ? Number(key) : key;
      value = (value as Record<string | number, unknown> | undefined)?.[step];
      return step;
    });
}

export const examples: Examples = {
  PLN1021: { wrong: { rest: "sections" } },
};
