import { renderRequirements } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../host.ts";
import { isRehearsed } from "../../../stack/known.ts";
import type { MeshFacts } from "../facts.ts";

/** What `templates/engines/transformers/requirements.txt.ejs` is written from. */
export interface RequirementsView {
  /** Whether planc was tested with them. */
  readonly tested: boolean;
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

export function emitRequirements(facts: MeshFacts): EmittedFile {
  const { plan, release, model, packages } = facts;
  const view: RequirementsView = {
    tested: !isRehearsed(facts),
    versions: plan.versions,
    liger: release.liger.families.has(model.model_type) ? release.liger.release : null,
    packages: packages.map(({ name, range }) => name + range),
  };
  return { path: "requirements.txt", content: renderRequirements(view) };
}
