import { renderTrain } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../text/file.ts";
import { conversionOf } from "../conversion.ts";
import type { MeshFacts } from "../facts.ts";
import { plancDefaults } from "../trainers/defaults.ts";
import { type MeshView, meshView, type PrecisionView, precisionView } from "./sharding.ts";

/** What `templates/train.py.ejs` is written from. */
export interface TrainView extends MeshView, PrecisionView {
  readonly name: string;
  readonly checkpoint: string;
  readonly revision: string | null;
  readonly data: { readonly path: string; readonly name: string | null; readonly split: string };
  /** `[option, value]`, as Python spells them, in the plan's order. */
  readonly options: readonly (readonly [string, OptionValue])[];
}

type OptionValue = string | number | boolean | null | readonly OptionValue[] | { readonly [key: string]: OptionValue };

export function emitTrain(facts: MeshFacts): EmittedFile {
  const { plan } = facts;
  const defaults = Object.fromEntries(Object.entries(plancDefaults(plan)).map(([name, { value }]) => [name, value]));
  const view: TrainView = {
    ...meshView(facts),
    ...precisionView(facts),
    name: plan.name,
    checkpoint: conversionOf(facts).checkpoint,
    revision: plan.model.revision ?? null,
    data: { path: plan.data.path, name: plan.data.name ?? null, split: plan.data.split },
    options: Object.entries({ ...plan.sft, ...defaults }) as TrainView["options"],
  };
  return { path: "train.py", content: renderTrain(view) };
}
