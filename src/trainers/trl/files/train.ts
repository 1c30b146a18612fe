import { needsMasks } from "../../../engines/transformers/attention/documents.ts";
import {
  type MeshView,
  meshView,
  type PartsView,
  type PrecisionView,
  partsView,
  precisionView,
} from "../../../engines/transformers/files/sharding.ts";
import { renderTrain } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../host.ts";
import type { Literal } from "../../../text/literal.ts";
import type { MeshFacts } from "../facts.ts";
import { asDeclared } from "../options/declared.ts";
import { plancDefaults } from "../options/defaults.ts";

/** What `templates/trainers/trl/train.py.ejs` is written from. */
export interface TrainView extends MeshView, PartsView, PrecisionView {
  readonly name: string;
  readonly checkpoint: string;
  readonly revision: string | null;
  /** Null for the checkpoint's own. */
  readonly tokenizer: string | null;
  readonly tokenizer_revision: string | null;
  readonly data: { readonly path: string; readonly name: string | null; readonly split: string };
  /** All null where the plan has no rows to evaluate on. */
  readonly evaluation: { readonly path: string | null; readonly name: string | null; readonly split: string | null };
  readonly model_type: string;
  /** TRL's configuration class of the plan's task. */
  readonly config_class: string;
  /** Whether pairs are trained on, against a reference model. */
  readonly is_preference: boolean;
  /** Whether Liger has norms and rotary positions for the family. */
  readonly liger: boolean;
  /** Whether documents of a packed row would see each other without masks of the runtime's. */
  readonly separates_documents: boolean;
  readonly recompute: string;
  /** Whether that is the runtime's doing: all or nothing is the trainer's. */
  readonly recomputes_parts: boolean;
  /** The arguments of PEFT's LoraConfig; null where the whole model is trained. */
  readonly lora: Readonly<Record<string, Literal>> | null;
  /** `[option, value]`, as Python spells them, in the plan's order. */
  readonly options: readonly (readonly [string, Literal])[];
}

export function emitTrain(facts: MeshFacts): EmittedFile {
  const { plan, model } = facts;
  const { evaluation } = plan.data;
  const defaults = Object.fromEntries(Object.entries(plancDefaults(plan)).map(([name, { value }]) => [name, value]));
  const view: TrainView = {
    ...meshView(facts),
    ...partsView(facts),
    ...precisionView(facts),
    name: plan.name,
    checkpoint: facts.conversion.checkpoint,
    revision: plan.model.revision ?? null,
    tokenizer: plan.model.tokenizer ?? null,
    tokenizer_revision: plan.model.tokenizer_revision ?? null,
    data: { path: plan.data.path, name: plan.data.name ?? null, split: plan.data.split },
    evaluation: { path: evaluation?.path ?? null, name: evaluation?.name ?? null, split: evaluation?.split ?? null },
    model_type: model.model_type,
    config_class: facts.task.config_class,
    is_preference: plan.task === "dpo",
    liger: facts.release.liger.families.has(model.model_type),
    separates_documents: needsMasks(facts),
    lora: facts.adapter?.config ?? null,
    recompute: plan.recompute,
    recomputes_parts: plan.recompute === "attention" || plan.recompute === "experts",
    options: Object.entries({
      ...(plan.options as Readonly<Record<string, Literal>>),
      ...defaults,
      gradient_checkpointing: plan.recompute === "full",
    }).map(([name, value]) => [name, asDeclared(facts, name, value)]),
  };
  return { path: "train.py", content: renderTrain(view) };
}
