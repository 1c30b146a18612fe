import { renderForward } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../host.ts";
import type { Literal } from "../../../text/literal.ts";
import type { MeshFacts } from "../facts.ts";
import { type MeshView, meshView, type PartsView, partsView } from "./sharding.ts";

/** What `templates/engines/transformers/forward.py.ejs` is written from. */
export interface ForwardView extends MeshView, PartsView {
  readonly name: string;
  readonly checkpoint: string;
  readonly revision: string | null;
  /** Null for the checkpoint's own. */
  readonly tokenizer: string | null;
  readonly tokenizer_revision: string | null;
  /** Arguments of PEFT's `LoraConfig`; null where the whole model is trained. */
  readonly lora: Readonly<Record<string, Literal>> | null;
}

export function emitForward(facts: MeshFacts): EmittedFile {
  const { plan } = facts;
  const view: ForwardView = {
    ...meshView(facts),
    ...partsView(facts),
    name: plan.name,
    checkpoint: facts.conversion.checkpoint,
    revision: plan.model.revision ?? null,
    tokenizer: plan.model.tokenizer ?? null,
    tokenizer_revision: plan.model.tokenizer_revision ?? null,
    lora: facts.adapter?.config ?? null,
  };
  return { path: "forward.py", content: renderForward(view) };
}
