import type { Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Location } from "../text/location.ts";
import { parseJson } from "./json.ts";
import { readText } from "./read-text.ts";
import type { Source } from "./source.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Reads and parses a file. What is wrong with the file itself is reported at `blame`, the place that names it, or at
 * the file's start where the user named it on the command line.
 */
export function readSource(host: Host, file: string, kind: "yaml" | "json", blame?: Location): Result<Source> {
  const { value: text, diagnostics } = readText(host, file, kind, blame);
  if (text === undefined) return { value: undefined, diagnostics };
  return kind === "yaml" ? parseYaml(file, text) : parseJson(file, text);
}
