import type { TransformersRelease } from "../../engines/transformers/releases/release.ts";
import { rules } from "../../generated/rules/trl.ts";
import type { Trainer } from "../../stack/trainer.ts";
import { releases } from "./releases/releases.ts";
import type { TrlTask } from "./tasks/task.ts";

/** TRL, on the Trainer of transformers. */
export const trl: Trainer<TransformersRelease, TrlTask> = {
  name: "trl",
  releases,
  rules,
  files: async (facts) => [(await import("./files/train.ts")).emitTrain(facts)],
};
