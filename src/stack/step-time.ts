/** How long a plan's step takes, from what is known of the plan. */
import type { Gpu } from "../cluster/cluster.ts";
import { type Calibration, isOf } from "../estimate/time/calibration.ts";
import { type Rates, ratesOf } from "../estimate/time/rates.ts";
import type { Run } from "../estimate/time/run.ts";
import { type StepTime, timeOf, type UnknownTime } from "../estimate/time/time.ts";
import { workOf } from "../estimate/time/work.ts";
import type { ModelFacts, Solved } from "./facts.ts";

type Facts = ModelFacts & Pick<Solved, "attentionSize">;

export function stepTimeOf(facts: Facts): StepTime | UnknownTime {
  if (facts.task.unplayed !== undefined) return { unknown: facts.task.unplayed };
  const { gpu } = facts.cluster;
  const rates = ratesFor(gpu, facts.calibration);
  if (rates === null) return { unknown: `planc has no figures of a ${gpu.name}` };
  if (facts.sizes.pp_size > 1) return { unknown: "planc does not know the time of pipelines" };
  const run = runOf(facts);
  if (run === null) return { unknown: "max_length is null, so nothing bounds the tokens of a step" };
  const work = workOf(facts.model, facts.hasFusedNorms, facts.adapter?.pairs);
  return "unknown" in work ? work : timeOf(work, run, rates);
}

/** What was measured of the GPU, and planc's own figures of what was not: a machine's network. */
export function ratesFor(gpu: Gpu, calibration: Calibration | undefined): Rates | null {
  const own = ratesOf(gpu);
  if (calibration === undefined || !isOf(calibration, gpu)) return own;
  const { inside } = calibration.rates;
  return { ...calibration.rates, inside: inside ?? own?.inside ?? null, across: own?.across ?? null };
}

/** What of a plan decides its time; null where nothing bounds a micro-batch. */
export function runOf({ plan, cluster, sizes, rows, task, adapter, attentionSize }: Facts): Run | null {
  const { max_length, per_device_train_batch_size, gradient_accumulation_steps } = rows;
  if (max_length === null) return null;
  return {
    machines: cluster,
    sizes,
    batch: {
      length: max_length,
      sequences: per_device_train_batch_size,
      accumulation: gradient_accumulation_steps,
    },
    precision: plan.precision,
    recompute: plan.recompute,
    ep_implementation: plan.parallelism.ep_implementation,
    attention: attentionSize,
    load: plan.parallelism.rank_load ?? 1,
    optimizer_states: rows.optimizer_states,
    clips: rows.clips,
    makesLogits: task.makesLogits(plan),
    adapters: adapter?.pairs.map(({ layers, ...pair }) => ({ ...pair, layers: layers?.length ?? 1 })) ?? null,
  };
}
