import { unwritable } from "./literal.ts";

/** A name or version of a requirements.txt, or a name with its range: nothing there can be quoted, so nothing else may pass. */
export function requirement(value: string): string {
  if (
    typeof value !== "string" ||
    !/^[A-Za-z0-9][A-Za-z0-9._+!-]*([<>]=?[0-9][0-9.]*(,[<>]=?[0-9][0-9.]*)*)?$/.test(value)
  )
    throw unwritable(value, "a requirement");
  return value;
}
