import type { Case } from "../diagnostics/case.ts";
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

export const cases: readonly Case[] = [
  {
    name: "no config.json",
    plan: `
model: { config: models/gone/config.json, checkpoint: /data/model }
#@ [18:41) PLN1001 cannot read models/gone/config.json: does not exist
`,
    files: { "models/gone/config.json": { unreadable: "does not exist" } },
  },
  {
    name: "a shared section that may not be read",
    plan: `
cluster: shared.yaml
#@ [10:21) PLN1001 cannot read shared.yaml: permission denied
`,
    files: { "shared.yaml": { unreadable: "permission denied" } },
  },
  {
    name: "a folder for a shared section",
    plan: `
cluster: shared
#@ [10:16) PLN1001 shared is a folder; a file is expected
`,
    files: { "shared/cluster.yaml": "" },
  },
  {
    name: "a config.json that is no file",
    plan: `
model:
  config: config.json
#@ [11:22) PLN1001 config.json is not an ordinary file
  checkpoint: /data/model
`,
    files: { "config.json": { special: true } },
  },
  {
    name: "a config.json that is no file, where the checkpoint's is asked for too",
    config: "toy",
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ [18:35) PLN1001 model/config.json is not an ordinary file
`,
    files: {
      "model/config.json": { special: true },
      "model/model.safetensors": { toy: ["per_expert", "per_expert"] },
    },
  },
  {
    name: "an empty config.json, where the checkpoint's is asked for too",
    config: "toy",
    plan: `
model: { config: model, checkpoint: ./model }
#@ [18:23) PLN1002 model/config.json is empty
#@   help: copy the config.json of the checkpoint again
`,
    files: { "model/config.json": "\n", "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
  },
  {
    name: "a plan's file is at most 1 MiB",
    plan: `
parallelism: shared.yaml
#@ [14:25) PLN1001 shared.yaml has 1.4 MiB; at most 1.0 MiB are read
`,
    files: { "shared.yaml": { size: 1_500_000 } },
  },
  {
    name: "a config.json is at most 16 MiB",
    plan: `
model: { config: config.json, checkpoint: /data/model }
#@ [18:29) PLN1001 config.json has 16.2 MiB; at most 16.0 MiB are read
`,
    files: { "config.json": { size: 17_000_000 } },
  },
  {
    name: "as large as may be, and nothing but spaces",
    plan: `
parallelism: shared.yaml
#@ [14:25) PLN1002 shared.yaml is empty
#@   help: write the keys of the section into it
`,
    files: { "shared.yaml": { size: 1_048_576 } },
  },
];
