import type { Minimum } from "../../../../stack/engine.ts";
import type { TrlTask } from "../../facts.ts";
import { type TaskData, taskOf } from "../task.ts";
import { idle, pairs, unfit } from "./options.ts";

/**
 * Direct preference optimisation in a release of TRL. A row of the data makes two sequences, the chosen and the rejected one,
 * which go through the trained model and through the reference model, each time together.
 */
export function dpo(data: TaskData, minimums: readonly Minimum[]): TrlTask {
  return taskOf(data, minimums, {
    key: "dpo",
    trainer_class: "DPOTrainer",
    unfit,
    idle,
    pairs,
    // Two sequences are as long as the longer one.
    rows: (rows) => ({ ...rows, sequences_per_row: 2, is_padded: true }),
    judgeRows: async (host, plan) => (await import("../../data/judge.ts")).judgeData(host, plan),
    makesLogits: () => false,
    hasReference: true,
    unplayed: "the forward pass of the reference model was not measured",
  });
}
