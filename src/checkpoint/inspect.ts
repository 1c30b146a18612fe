import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2116 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN2001, PLN2002, PLN2008 } from "../diagnostics/catalogue/model.ts";
import { type Diagnostic, Findings, type Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Storage } from "../model/storage.ts";
import { storages } from "../model/storages.ts";
import type { LayoutName } from "../plan/types.ts";
import { readSource } from "../source/read.ts";
import type { Source } from "../source/source.ts";
import { isMapping } from "../text/values.ts";
import { type Checkpoint, readFolder } from "./folder.ts";
import { type Form, formOf, isReadable } from "./form.ts";
import { judgeWeights } from "./judge-weights.ts";
import { type Names, namesOf } from "./names.ts";
import { type InspectedSet, layerCount, read, type Tree } from "./reading.ts";
import { judgeClaim } from "./report-claim.ts";
import { slotsOf } from "./slots.ts";
import { type Sorted, sortTensors } from "./sort.ts";

/** What a checkpoint folder holds, as far as its headers and its config.json tell. */
export interface Inspected {
  readonly checkpoint: Checkpoint;
  readonly model_type: string | undefined;
  readonly names: Names;
  readonly sorted: Sorted;
  /** Empty where planc does not know how the family stores its experts. */
  readonly sets: readonly InspectedSet[];
  /** How all experts are stored; undefined where there are none, or several layouts. */
  readonly layout: LayoutName | undefined;
  /** How the weights are stored, whatever config.json says. */
  readonly form: Form;
  /** What was compared with config.json: every tensor, the experts alone, or nothing. */
  readonly compared: "all" | "experts" | "nothing";
}

/** Reads and judges a checkpoint folder: its files, its index, its tensors by its config.json. No weights are read. */
export function inspectCheckpoint(host: Host, folder: string): Result<Inspected> {
  const findings = new Findings();
  const checkpoint = findings.take(readFolder(host, folder));
  const config = findings.take(readConfig(host, folder));
  if (checkpoint === undefined) return { value: undefined, diagnostics: findings.all };
  const { storage, model_type } = config ?? {};
  const names = namesOf(checkpoint.files, storage !== undefined && isPrefixed(storage));
  const form = formOf(names.all);
  const bare = { checkpoint, model_type, names, form };
  const sorted = sortTensors(names.all, storage, config?.layers);
  const unknown = { ...bare, sorted, sets: [], layout: undefined, compared: "nothing" as const };
  if (config === undefined || storage === undefined) return { value: unknown, diagnostics: findings.all };
  const reading = read(names.all, config.source, config.value, storage);
  findings.add(...reading.problems);
  if (!isReadable(form)) findings.add(...judgeClaim(folder, config.source, config.value, form, names.all));
  if (reading.problems.length > 0 || !isReadable(form)) return { value: unknown, diagnostics: findings.all };
  const judged = judgeWeights(host, { checkpoint, names, form, source: config.source, storage, reading });
  findings.add(...judged.diagnostics);
  const { sets, table } = judged.reading;
  const layouts = new Set(
    sets.flatMap(({ layers }) =>
      layers.flatMap(({ layout, stray }) => (stray === undefined ? [layout] : [layout, stray.layout])),
    ),
  );
  const [layout] = layouts.size === 1 ? layouts : [];
  const compared = table.rows.length > 0 ? "all" : "experts";
  return {
    value: { ...bare, sorted: judged.reading.sorted, sets, layout, compared },
    diagnostics: findings.all,
  };
}

/** What another config.json says of the same tensors: that of a plan, beside the checkpoint's own. */
export function judgeByConfig(
  host: Host,
  { checkpoint, names, form }: Inspected,
  source: Source,
  model_type: string,
): readonly Diagnostic[] {
  const storage = storages.get(model_type);
  if (storage === undefined || !isMapping(source.value) || !isReadable(form)) return [];
  const reading = read(names.all, source, source.value, storage);
  if (reading.problems.length > 0) return reading.problems;
  return judgeWeights(host, { checkpoint, names, form, source, storage, reading }).diagnostics;
}

/** Whether a family's own names begin with that of the inner model. */
function isPrefixed({ experts }: Storage): boolean {
  return experts.some((set) => slotsOf(set).some(({ name }) => name.startsWith("model.")));
}

interface Config {
  readonly source: Source;
  readonly value: Tree;
  readonly model_type: string;
  readonly storage?: Storage;
  /** How many layers the model has, where the config says so. */
  readonly layers: number | undefined;
}

function readConfig(host: Host, folder: string): Result<Config> {
  const findings = new Findings();
  const file = `${folder}/config.json`;
  const nothing = () => ({ value: undefined, diagnostics: findings.all });
  const source = findings.take(readSource(host, file, "json"));
  if (source === undefined) return nothing();
  const value = source.value;
  if (!isMapping(value)) {
    findings.add(PLN2001(source.at([]), { file }));
    return nothing();
  }
  const model_type = value["model_type"];
  if (model_type === undefined) {
    findings.add(PLN2002(source.at([]), {}));
    return nothing();
  }
  if (typeof model_type !== "string") {
    const values = { key: "model_type", expected: "text", value: JSON.stringify(model_type) };
    findings.add(PLN2008(source.at(["model_type"]), values));
    return nothing();
  }
  const storage = storages.get(model_type);
  const layers = layerCount(value, storage?.language ?? ["text_config"]);
  if (storage === undefined) {
    findings.add(PLN2116(source.at(["model_type"]), { model_type }));
    return { value: { source, value, model_type, layers }, diagnostics: findings.all };
  }
  return { value: { source, value, model_type, storage, layers }, diagnostics: findings.all };
}

export const examples: Examples = {
  PLN2116: {
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
  },
};

export const cases: readonly Case[] = [
  {
    name: "a folder whose own config.json is of a family that is not known",
    config: "toy",
    files: {
      "model/config.json": { config: { of: "toy", with: { model_type: "qwen3" } } },
      "model/model.safetensors": { toy: ["per_expert", "per_expert"] },
    },
    plan: `
model: { config: config.json, checkpoint: model }
#@ model/config.json 18:[17:24) | "model_type": «"qwen3"», | PLN2116 warning: planc does not know how qwen3 stores its experts, so their layout is not judged
`,
  },
];
