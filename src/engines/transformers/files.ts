import type { EmittedFile } from "../../text/file.ts";
import type { MeshFacts } from "./facts.ts";
import { emitForward } from "./files/forward.ts";
import { emitRequirements } from "./files/requirements.ts";
import { emitTrain } from "./files/train.ts";

/** The programs of a bundle, in the order in which a reader wants to meet them. */
export const emitters: readonly ((facts: MeshFacts) => EmittedFile)[] = [emitTrain, emitForward, emitRequirements];
