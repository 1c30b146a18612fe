import type { Trainer } from "../stack/trainer.ts";
import { trl } from "./trl/trainer.ts";

/** Every trainer: a folder and a line here for each. */
export const trainers: readonly Trainer[] = [trl];
