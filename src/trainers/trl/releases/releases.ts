import type { TrainerRelease } from "../../../stack/trainer.ts";
import type { TrlTask } from "../tasks/task.ts";
import { release116 } from "./1.16/release.ts";

/** The releases that planc has read, ascending: a folder and a line here for each. */
export const releases: readonly TrainerRelease<TrlTask>[] = [release116];
