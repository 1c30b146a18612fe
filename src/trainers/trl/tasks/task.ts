import type { Minimum } from "../../../stack/engine.ts";
import type { Rows } from "../../../stack/trainer.ts";
import type { OptionFacts, TrlTask } from "../facts.ts";
import { type Idle, idle } from "../options/idle.ts";
import { lighterOptimizers } from "../options/optim-args.ts";
import type { Schedule, TrainerOption } from "../options/option.ts";
import { type Pair, pairs } from "../options/pairs.ts";
import { reportingPackages } from "../options/reporting.ts";
import { lossInWords, routerLossOf } from "../options/router-loss.ts";
import { rowsOf } from "../options/rows.ts";
import { type Unfit, unfit } from "../options/sharded.ts";
import { starterOf } from "./starter.ts";
import { toyOptions } from "./toy.ts";

/** What `scripts/extract_trainer.py` reads of a release, of one task. */
export interface ReadData {
  readonly version: string;
  /** The release of transformers that it was read on. */
  readonly transformers: string;
  readonly class: string;
  readonly options: object;
  readonly schedulers: object;
  readonly router_loss: object;
  readonly router_loss_stops: object;
}

/** A task among others. */
export interface TaskData extends ReadData {
  /** Options of other tasks alone → their class. */
  readonly others: Readonly<Record<string, string>>;
}

/** What is one task's own. */
interface Own extends Pick<TrlTask, "key" | "trainer_class" | "judgeRows" | "hasReference" | "unplayed"> {
  readonly unfit: readonly Unfit[];
  readonly idle: readonly Idle[];
  readonly pairs: readonly Pair[];
  /** What it makes of rows, where one row of the data were one sequence. */
  readonly rows: (rows: Rows) => Rows;
  readonly makesLogits: (facts: OptionFacts) => boolean;
}

/** A task of a release of TRL: what holds for all of them, and its own. */
export function taskOf(data: TaskData, minimums: readonly Minimum[], own: Own): TrlTask {
  const rows: TrlTask["rows"] = (plan) => own.rows(rowsOf({ plan, task }));
  const task: TrlTask = {
    key: own.key,
    release: data.version,
    config_class: data.class,
    trainer_class: own.trainer_class,
    minimums,
    options: new Map<string, TrainerOption>(Object.entries(data.options)),
    others: new Map(Object.entries(data.others)),
    schedules: new Map<string, Schedule>(Object.entries(data.schedulers)),
    routerLoss: new Map<string, number>(Object.entries(data.router_loss)),
    routerLossStops: new Map<string, number>(Object.entries(data.router_loss_stops)),
    unfit: [...unfit, ...own.unfit],
    idle: [...idle, ...own.idle],
    pairs: [...pairs, ...own.pairs],
    rows,
    lighterOptimizers: (plan) => lighterOptimizers(rows(plan).optimizer_states),
    packages: (plan) => reportingPackages({ plan, task }),
    judgeRows: own.judgeRows,
    lossInWords: ({ plan, model }) => lossInWords({ plan, task, model }),
    keepsRouterLogits: ({ plan, model }) => {
      const { coefficient, isComputed } = routerLossOf({ plan, task, model });
      return isComputed && coefficient !== 0;
    },
    hasReference: own.hasReference,
    unplayed: own.unplayed,
    makesLogits: (plan) => own.makesLogits({ plan, task }),
    toyOptions,
    starter: (asked, tried) => starterOf(asked, tried && { ...tried, task }),
  };
  return task;
}
