import type { EmittedFile } from "../../text/file.ts";
import type { MeshFacts } from "./facts.ts";
import { emitForward } from "./files/forward.ts";
import { emitRequirements } from "./files/requirements.ts";

/** The engine's programs of a bundle, in the order in which a reader wants to meet them. */
export function emitFiles(facts: MeshFacts): EmittedFile[] {
  return [emitForward(facts), emitRequirements(facts)];
}
