import { transformers } from "./engines/transformers/engine.ts";
import type { Stacks } from "./stack/stacks.ts";
import { trl } from "./trainers/trl/trainer.ts";

/** What planc runs plans with: a folder and a line here for each engine and trainer. */
export const stacks: Stacks = {
  engines: [transformers],
  trainers: [trl],
  // What test/python/requirements.txt installs.
  tested: { transformers: "5.24.0", trl: "1.16.0", accelerate: "1.15.0", torch: "2.15.0" },
};
