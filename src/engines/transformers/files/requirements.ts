import { renderRequirements } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../text/file.ts";
import type { MeshFacts } from "../facts.ts";
import { ligerFamilies, ligerRelease } from "../liger.ts";

/** What `templates/requirements.txt.ejs` is written from. */
export interface RequirementsView {
  readonly versions: {
    readonly transformers: string;
    readonly trl: string;
    readonly accelerate: string;
    readonly torch: string;
  };
  /** Release of liger-kernel, for a family that it has kernels for. */
  readonly liger: string | null;
}

export function emitRequirements({ plan, model }: MeshFacts): EmittedFile {
  const view: RequirementsView = {
    versions: plan.versions,
    liger: ligerFamilies.has(model.model_type) ? ligerRelease : null,
  };
  return { path: "requirements.txt", content: renderRequirements(view) };
}
