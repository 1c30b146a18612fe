import type { Minimum } from "../../../stack/engine.ts";
import type { TrlTask } from "../facts.ts";
import type { Pair } from "../options/pairs.ts";
import { isSmoothed } from "../options/smoothing.ts";
import { type TaskData, taskOf } from "./task.ts";

/** Packing decides how rows are cut. */
const pairs: readonly Pair[] = [
  {
    option: "max_length",
    clashes: (value) => value("max_length") === null && value("packing") === true,
    why: () => "does not go with packing: packed sequences are cut to that length",
    help: "write max_length, or drop packing",
  },
  {
    option: "padding_free",
    clashes: (value) => value("padding_free") === true && value("packing") !== true && value("max_length") !== null,
    why: (value) => `does not go with max_length ${value("max_length")} without packing: it would not be enforced`,
    help: "write packing: true, or max_length: null",
  },
];

/** Supervised fine-tuning in a release of TRL. */
export function sft(data: TaskData, minimums: readonly Minimum[]): TrlTask {
  return taskOf(data, minimums, {
    key: "sft",
    trainer_class: "SFTTrainer",
    unfit: [],
    idle: [],
    pairs,
    rows: (rows) => rows,
    judgeRows: async (host, plan) => (await import("../data/judge.ts")).judgeData(host, plan),
    makesLogits: isSmoothed,
    hasReference: false,
    unplayed: undefined,
  });
}
