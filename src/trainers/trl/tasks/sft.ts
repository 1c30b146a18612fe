import type { Minimum } from "../../../stack/engine.ts";
import type { TrlTask } from "../facts.ts";
import { lighterOptimizers } from "../options/optim-args.ts";
import type { Schedule, TrainerOption } from "../options/option.ts";
import { reportingPackages } from "../options/reporting.ts";
import { lossInWords, routerLossOf } from "../options/router-loss.ts";
import { rowsOf } from "../options/rows.ts";
import { isSmoothed } from "../options/smoothing.ts";
import { starterOf } from "./starter.ts";
import { toyOptions } from "./toy.ts";

/** What `scripts/extract_trainer.py` reads of a release. */
export interface SftData {
  readonly version: string;
  /** The release of transformers that it was read on. */
  readonly transformers: string;
  readonly options: object;
  readonly schedulers: object;
  readonly router_loss: object;
  readonly router_loss_stops: object;
}

/** Supervised fine-tuning in a release of TRL. */
export function sft(data: SftData, minimums: readonly Minimum[]): TrlTask {
  const task: TrlTask = {
    key: "sft",
    release: data.version,
    config_class: "SFTConfig",
    trainer_class: "SFTTrainer",
    minimums,
    options: new Map<string, TrainerOption>(Object.entries(data.options)),
    schedules: new Map<string, Schedule>(Object.entries(data.schedulers)),
    routerLoss: new Map<string, number>(Object.entries(data.router_loss)),
    routerLossStops: new Map<string, number>(Object.entries(data.router_loss_stops)),
    rows: (plan) => rowsOf({ plan, task }),
    lighterOptimizers: (plan) => lighterOptimizers(rowsOf({ plan, task }).optimizer_states),
    packages: (plan) => reportingPackages({ plan, task }),
    judgeRows: async (host, plan) => (await import("../data/judge.ts")).judgeData(host, plan),
    lossInWords: ({ plan, model }) => lossInWords({ plan, task, model }),
    keepsRouterLogits: ({ plan, model }) => {
      const { coefficient, isComputed } = routerLossOf({ plan, task, model });
      return isComputed && coefficient !== 0;
    },
    makesLogits: (plan) => isSmoothed({ plan, task }),
    toyOptions,
    starter: (asked, tried) => starterOf(asked, tried && { ...tried, task }),
  };
  return task;
}
