import type { TransformersRelease } from "../../engines/transformers/releases/release.ts";
import { issues } from "../../generated/issues/trl.ts";
import { rules } from "../../generated/rules/trl.ts";
import type { Trainer } from "../../stack/trainer.ts";
import type { TrlTask } from "./facts.ts";
import { release116 } from "./releases/1.16/release.ts";

/** TRL, on the Trainer of transformers. */
export const trl: Trainer<TransformersRelease, TrlTask> = {
  name: "trl",
  releases: [release116],
  rules,
  issues,
  files: async (facts) => [(await import("./files/train.ts")).emitTrain(facts)],
};
