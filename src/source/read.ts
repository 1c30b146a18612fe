import { PLN1001, PLN1002 } from "../diagnostics/catalogue/source.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { fileStart, type Location } from "../text/location.ts";
import { bytes as showBytes } from "../text/words.ts";
import { decode } from "./decode.ts";
import { parseJson } from "./json.ts";
import type { Source } from "./source.ts";
import { parseYaml } from "./yaml.ts";

const KiB = 1024;

/** The largest file that is read: far beyond any real one, small enough to be judged at once. */
const limits = { yaml: KiB * KiB, json: 16 * KiB * KiB } as const;

/** What to do about a file that holds nothing. */
const starts = {
  yaml: "planc init CONFIG --output PLAN writes a plan to start from",
  json: "copy the config.json of the checkpoint again",
} as const;

/**
 * Reads and parses a file. What is wrong with the file itself is reported at `blame`, the place that names it, or at
 * the file's start where the user named it on the command line.
 */
export function readSource(host: Host, file: string, kind: "yaml" | "json", blame?: Location): Result<Source> {
  const place = blame ?? fileStart(file);
  const fail = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  const stat = host.stat(file);
  if (!stat.ok) return fail(PLN1001(place, { file, why: stat.why }));
  if (stat.kind === "folder") return fail(PLN1001(place, { file }, { variant: "folder" }));
  if (stat.kind === "other") return fail(PLN1001(place, { file }, { variant: "special" }));
  const limit = limits[kind];
  if (stat.size > limit) {
    const values = { file, size: showBytes(stat.size), limit: showBytes(limit) };
    return fail(PLN1001(place, values, { variant: "large" }));
  }
  const read = host.read(file);
  if (!read.ok) return fail(PLN1001(place, { file, why: read.why }));
  const decoded = decode(file, read.bytes, place);
  if (decoded.value === undefined) return { value: undefined, diagnostics: decoded.diagnostics };
  const text = decoded.value;
  if (text.trim() === "") return fail(PLN1002(place, { file }, { variant: "empty", help: starts[kind] }));
  return kind === "yaml" ? parseYaml(file, text) : parseJson(file, text);
}
