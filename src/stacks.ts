import { engines } from "./engines/engines.ts";
import type { Stacks } from "./stack/stacks.ts";
import { trainers } from "./trainers/trainers.ts";

/** What planc runs plans with. `tested`: what `test/python/requirements.txt` installs. */
export const stacks: Stacks = {
  engines,
  trainers,
  tested: { transformers: "5.23.0", trl: "1.16.0", accelerate: "1.15.0", torch: "2.15.0" },
};
