import { posix } from "node:path";
import { inspectCheckpoint } from "../../checkpoint/inspect.ts";
import { shown } from "../../checkpoint/scanner.ts";
import { PLN2134 } from "../../diagnostics/catalogue/weights.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Host } from "../../host.ts";
import type { LayoutName } from "../../plan/types.ts";
import { fileStart } from "../../text/location.ts";
import { hasWeights } from "../local-folder.ts";

/** What a job would refuse, and a converter takes over as it is: tensors of any name, format and value. */
const carried: ReadonlySet<string> = new Set(["PLN2121", "PLN2127", "PLN2129"]);

/** What a converter would refuse of the weights that lie beside a config.json; nothing where there are none. */
export function weightsBeside(host: Host, config: string, from: LayoutName): readonly Diagnostic[] {
  const folder = posix.dirname(config);
  if (!hasWeights(host, folder) || posix.basename(config) !== "config.json") return [];
  const { value, diagnostics } = inspectCheckpoint(host, folder);
  // Names inside a wrapper's are none that the converter looks for.
  const isWrapped = value?.names.all.some(({ wrapping }) => wrapping !== undefined) === true;
  const found = isWrapped ? diagnostics : diagnostics.filter(({ code }) => !carried.has(code));
  const tensor = shown(value?.names.all.find(({ tensor: { name } }) => name.startsWith("layers."))?.tensor.name ?? "");
  if (value?.names.isBare === true) {
    const help = "save the causal model, whose names the converter knows";
    return [...found, PLN2134(fileStart(folder), { folder, tensor }, { variant: "bare", help })];
  }
  if (value?.layout === undefined || value.layout === from) return found;
  const help = `say so: --from ${value.layout}`;
  return [...found, PLN2134(fileStart(folder), { folder, stored: value.layout, from }, { help })];
}
