import { renderRequirements } from "../../../generated/templates.js";
import type { MeshFacts } from "../../../stack/facts.ts";
import type { EmittedFile } from "../../../text/file.ts";
import { packagesFor } from "../packages.ts";
import { ligerFamilies, ligerRelease } from "../releases/5.23/liger.ts";

/** What `templates/transformers/requirements.txt.ejs` is written from. */
export interface RequirementsView {
  readonly versions: {
    readonly transformers: string;
    readonly trl: string;
    readonly accelerate: string;
    readonly torch: string;
  };
  /** Release of liger-kernel, for a family that it has kernels for. */
  readonly liger: string | null;
  /** What the plan asks for beside the stack, each with its range. */
  readonly packages: readonly string[];
}

export function emitRequirements({ plan, release, model }: MeshFacts): EmittedFile {
  const view: RequirementsView = {
    versions: plan.versions,
    liger: ligerFamilies.has(model.model_type) ? ligerRelease : null,
    packages: packagesFor(plan, release, model.model_type).map(({ name, range }) => name + range),
  };
  return { path: "requirements.txt", content: renderRequirements(view) };
}
