import { decimal, isList, type Literal, quoted, unwritable } from "./literal.ts";

/** Words that need no quotes; YAML 1.1, which PyYAML reads, takes more of them for booleans and nulls than YAML 1.2. */
const bare = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
const taken = /^(y|yes|n|no|true|false|on|off|null)$/i;

/** A YAML value on one line that YAML 1.1 and 1.2 readers understand alike. */
export function yaml(value: Literal): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? decimal(value) : yamlExtreme(value);
  if (typeof value === "string") return yamlString(value);
  if (isList(value)) return `[${value.map(yaml).join(", ")}]`;
  if (typeof value !== "object") throw unwritable(value, "YAML");
  const pairs = Object.entries(value).map(([key, item]) => `${yamlString(key)}: ${yaml(item)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

function yamlExtreme(value: number): string {
  return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
}

function yamlString(text: string): string {
  return bare.test(text) && !taken.test(text) ? text : quoted(text);
}
