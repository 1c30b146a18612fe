import type { MeshFacts } from "../../stack/facts.ts";
import type { EmittedFile } from "../../text/file.ts";
import { emitTrain } from "../../trainers/trl/files/train.ts";
import { emitForward } from "./files/forward.ts";
import { emitRequirements } from "./files/requirements.ts";

/** The programs of a bundle, in the order in which a reader wants to meet them. */
export const emitters: readonly ((facts: MeshFacts) => EmittedFile)[] = [emitTrain, emitForward, emitRequirements];
