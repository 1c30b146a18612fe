/** The objects of a release of Kubeflow Trainer, closed: `scripts/extract_trainjob.py` has them from its definitions. */
import { readFileSync } from "node:fs";
import type { Tree } from "./objects.ts";

/** Fields (`!` behind required ones, `*` for any), the items of a list, the name or the legal words of a scalar. */
type Table = string | readonly [Table] | { readonly [field: string]: Table };

interface Definitions {
  readonly version: string;
  readonly apiVersion: string;
  readonly kinds: Readonly<Record<string, Table>>;
}

/** What a release does not have of an object, or has otherwise: paths, with what is wrong there. */
export function misfits(object: Tree, release: "2.2" | "2.3"): readonly string[] {
  const file = new URL(`../fixtures/kubeflow/trainer-${release}.json`, import.meta.url);
  const { apiVersion, kinds }: Definitions = JSON.parse(readFileSync(file, "utf8"));
  const { [String(object["kind"])]: table } = kinds;
  if (object["apiVersion"] !== apiVersion) return [`apiVersion: ${object["apiVersion"]} is not ${apiVersion}`];
  return table === undefined ? [`kind: there is no ${object["kind"]}`] : judge(object, table, "");
}

function judge(value: unknown, table: Table, path: string): string[] {
  if (typeof table === "string")
    return isScalar(value, table) ? [] : [`${path}: ${JSON.stringify(value)} is no ${table}`];
  if (isList(table)) {
    if (!Array.isArray(value)) return [`${path}: no list`];
    return value.flatMap((item, index) => judge(item, table[0], `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path}: no mapping`];
  const missing = Object.keys(table).filter((field) => field.endsWith("!") && !(field.slice(0, -1) in value));
  const faults = missing.map((field) => `${path}: lacks ${field.slice(0, -1)}`);
  const inner = Object.entries(value).flatMap(([field, own]) => {
    const found = table[field] ?? table[`${field}!`] ?? table["*"];
    return found === undefined ? [`${path}: has no ${field}`] : judge(own, found, `${path}.${field}`);
  });
  return [...faults, ...inner];
}

function isScalar(value: unknown, name: string): boolean {
  switch (name) {
    case "any":
      return true;
    case "integer":
      return Number.isInteger(value);
    case "intOrString":
      return Number.isInteger(value) || typeof value === "string";
    case "string":
    case "number":
    case "boolean":
      return typeof value === name;
    default:
      return typeof value === "string" && name.split("|").includes(value);
  }
}

function isList(table: Table): table is readonly [Table] {
  return Array.isArray(table);
}
