import * as compiler from "../src/compiler.ts";
import { transformers } from "../src/engines/transformers/engine.ts";
import type { Host, WriteHost } from "../src/host.ts";
import { standingOf } from "../src/stack/known.ts";
import { usualStack } from "../src/stack/stacks.ts";
import { stacks } from "../src/stacks.ts";
import type { MeshFacts, TrlTask } from "../src/trainers/trl/facts.ts";

/** What the compiler found, with all that the rules of transformers and TRL know. */
type Found = Omit<ReturnType<typeof compiler.checkPlan>, "value"> & { readonly value: MeshFacts | undefined };

/** The compiler with the stacks that planc is built with. */
export const checkPlan = (host: Host, file: string) => compiler.checkPlan({ host, stacks }, file) as Found;
export const compilePlan = (host: Host, file: string, placeOf?: (name: string) => string | null) =>
  compiler.compilePlan({ host, stacks }, file, placeOf);

/** Files that may be written, and the stacks. */
export const worldOf = (host: WriteHost) => ({ host, stacks });

/** A release of transformers; the tested one where none is named. */
export function transformersRelease(version = stacks.tested.transformers) {
  return standingOf(transformers, { ...stacks.tested, transformers: version }).by;
}

/** Supervised fine-tuning in the tested release of TRL. */
export const sft = usualStack(stacks).task as TrlTask;

/** Preference training on the same releases. */
export const dpo = stacks.trainers[0]?.releases
  .at(-1)
  ?.pairs.at(-1)
  ?.tasks.find(({ key }) => key === "dpo") as TrlTask;
