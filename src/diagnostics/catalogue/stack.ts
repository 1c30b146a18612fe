import { entries } from "../entry.ts";
import { packing } from "./stack-packing.ts";
import { precision } from "./stack-precision.ts";
import { releases } from "./stack-releases.ts";
import { trainer } from "./stack-trainer.ts";

/** PLN4001-4019 releases and names, PLN4020-4039 the trainer's options, PLN4040-4049 precision, PLN4050-4059 packed rows. */
export const stack = entries({ ...releases, ...trainer, ...precision, ...packing });
