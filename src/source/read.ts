import type { Case } from "../diagnostics/case.ts";
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
