import { renderRequirements } from "../../../generated/templates.js";
import type { EmittedFile } from "../../../text/file.ts";
import type { MeshFacts } from "../facts.ts";

/** What `templates/requirements.txt.ejs` is written from. */
export interface RequirementsView {
  readonly versions: {
    readonly transformers: string;
    readonly trl: string;
    readonly accelerate: string;
    readonly torch: string;
  };
}

export function emitRequirements({ plan }: MeshFacts): EmittedFile {
  const view: RequirementsView = { versions: plan.versions };
  return { path: "requirements.txt", content: renderRequirements(view) };
}
