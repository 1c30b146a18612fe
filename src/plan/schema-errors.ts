import type { Examples } from "../diagnostics/case.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import { replaceWith } from "../diagnostics/fix.ts";
import { report } from "../diagnostics/report.ts";
import type { SchemaError } from "../generated/validate-plan.js";
import { type Path, showPath } from "../source/path.ts";
import { suggest } from "../text/suggest.ts";
import { andList, orList } from "../text/words.ts";
import { insteadOf } from "./foreign-keys.ts";
import { keysOf, sectionOf } from "./keys.ts";
import type { Written } from "./plan.ts";

/** Says what the validator found, one message a place: the key or value, what is accepted, what was probably meant. */
export function explainSchemaErrors(errors: readonly SchemaError[], plan: unknown, written: Written): Diagnostic[] {
  const told = new Set<string>();
  return errors.flatMap((error) => {
    if (error.keyword === "if" || error.keyword === "propertyNames") return [];
    const path = pathOf(error.instancePath, plan);
    const diagnostic = explain(error, path, valueAt(plan, path), errors, written);
    if (diagnostic === undefined) return [];
    const place = JSON.stringify(diagnostic.location) + (error.keyword === "required" ? "required" : "");
    if (told.has(place)) return [];
    told.add(place);
    return [diagnostic];
  });
}

function explain(
  error: SchemaError,
  path: Path,
  value: unknown,
  all: readonly SchemaError[],
  written: Written,
): Diagnostic | undefined {
  const related = written.via(path);
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(path, String(error.params["additionalProperty"]), written);
    case "required": {
      const missing = all
        .filter(({ keyword, instancePath }) => keyword === "required" && instancePath === error.instancePath)
        .map(({ params }) => String(params["missingProperty"]))
        .filter((key) => !isMisspelt(key, error.instancePath, all));
      if (missing.length === 0) return undefined;
      const where = path.length === 0 ? "the plan" : showPath(path);
      const noun = missing.length === 1 ? "key" : "keys";
      return report("PLN1021", written.at(path, "key"), { where, noun, missing: andList(missing) }, { related });
    }
    case "pattern":
    case "minLength":
    case "maxLength":
      if (error.propertyName !== undefined) {
        const place = written.at([...path, error.propertyName], "key");
        return report(
          "PLN1023",
          place,
          { path: showPath(path), key: JSON.stringify(error.propertyName) },
          { variant: "key" },
        );
      }
      break;
  }
  const place = written.at(path);
  const values = { path: showPath(path), expected: expectation(error, path), value: written.raw(path) ?? show(value) };
  const fixes = valueFixes(error, value, place);
  if (value === null) return report("PLN1022", written.at(path, "key"), values, { variant: "nothing", related });
  return error.keyword === "type"
    ? report("PLN1022", place, values, { fixes, related })
    : report("PLN1023", place, values, { fixes, related });
}

/** Whether an unknown key of the same mapping was meant to be this one: the misspelling is the one mistake. */
function isMisspelt(key: string, instancePath: string, all: readonly SchemaError[]): boolean {
  return all.some(
    (error) =>
      error.keyword === "additionalProperties" &&
      error.instancePath === instancePath &&
      suggest(String(error.params["additionalProperty"]), [key]) === key,
  );
}

function unknownKey(parent: Path, key: string, written: Written): Diagnostic {
  const place = written.at([...parent, key], "key");
  const section = showPath(parent);
  const known = keysOf(section);
  const where = parent.length === 0 ? "the plan" : section;
  const instead = insteadOf(key);
  if (instead !== undefined) return report("PLN1020", place, { key, where }, { help: instead });
  const near = suggest(key, known);
  if (near !== undefined) {
    const values = { key, where, near };
    return report("PLN1020", place, values, { variant: "near", fixes: [replaceWith(place, near, `write ${near}`)] });
  }
  const other = sectionOf(key);
  const help = other === undefined ? `${where} takes ${andList(known)}` : `${key} belongs under ${other}`;
  return report("PLN1020", place, { key, where }, { help });
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

/** A value as a message quotes it: short, on one line. */
export function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const shown = JSON.stringify(value) ?? "nothing";
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
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
