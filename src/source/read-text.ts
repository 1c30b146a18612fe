import { PLN1001, PLN1002 } from "../diagnostics/catalogue/source.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { fileStart, type Location } from "../text/location.ts";
import { bytes as showBytes } from "../text/words.ts";
import { decode } from "./decode.ts";

const KiB = 1024;

/** The largest file that is read: far beyond any real one, small enough to be judged at once. */
const limits = { yaml: KiB * KiB, json: 16 * KiB * KiB, record: 64 * KiB * KiB } as const;

/** What to do about a file that holds nothing. */
const starts = {
  yaml: "planc init CONFIG --output PLAN writes a plan to start from",
  section: "write the keys of the section into it",
  json: "copy the config.json of the checkpoint again",
  record: "copy it again from the run's folder",
} as const;

/** The text of a file; a `record` is JSON that planc or a run wrote. `blame` as for `readSource`. */
export function readText(host: Host, file: string, kind: keyof typeof limits, blame?: Location): Result<string> {
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
  if (decoded.value.trim() === "")
    return fail(
      PLN1002(
        place,
        { file },
        { variant: "empty", help: starts[kind === "yaml" && blame !== undefined ? "section" : kind] },
      ),
    );
  return decoded;
}
