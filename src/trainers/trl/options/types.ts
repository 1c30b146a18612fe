import { isMapping } from "../../../text/values.ts";
import { orList } from "../../../text/words.ts";
import type { TrainerOption } from "./option.ts";

/** Options whose class takes null and whose trainer then stops: null is no way to write them. */
const neverNull = new Set(["report_to"]);

/** Options that list no words although only these work: a text of any other kind stops the trainer later. */
const words: Readonly<Record<string, readonly string[]>> = { pad_to_multiple_of: ["auto"] };

/** Texts that hold a mapping (JSON, or the path of a file) are for command lines: a plan writes the mapping. */
export function typesOf(name: string, option: TrainerOption): readonly string[] {
  return option.types.filter(
    (type) => !(type === "str" && option.types.includes("dict")) && !(type === "none" && neverNull.has(name)),
  );
}

export function legalWords(name: string, option: TrainerOption): readonly string[] | undefined {
  const listed = words[name] ?? option.values;
  return listed === undefined ? undefined : [...new Set([...listed, ...Object.keys(option.deprecated_values ?? {})])];
}

export function isOfType(value: unknown, type: string, option: TrainerOption): boolean {
  switch (type) {
    case "int":
      return Number.isSafeInteger(value);
    case "float":
      return Number.isFinite(value);
    case "bool":
      return typeof value === "boolean";
    case "true":
    case "false":
      return String(value) === type && typeof value === "boolean";
    case "str":
      return typeof value === "string";
    case "list":
      return Array.isArray(value) && value.every((item) => isOfType(item, option.items ?? "str", option));
    case "dict":
      return isMapping(value);
    case "none":
      return value === null;
    default:
      return false;
  }
}

const names: Readonly<Record<string, string>> = {
  int: "a whole number",
  float: "a number",
  bool: "true or false",
  str: "text",
  list: "a list of texts",
  dict: "a mapping",
  none: "null",
};

export function typesInWords(name: string, option: TrainerOption, types = typesOf(name, option)): string {
  const legal = legalWords(name, option);
  return orList(types.flatMap((type) => (type === "str" && legal ? legal : (names[type] ?? type))));
}
