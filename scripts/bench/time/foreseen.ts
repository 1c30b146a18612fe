import { type Rates, ratesOf } from "../../../src/estimate/time/rates.ts";
import { timeOf } from "../../../src/estimate/time/time.ts";
import { workOf } from "../../../src/estimate/time/work.ts";
import type { MeshFacts } from "../../../src/stack/facts.ts";
import { runOf } from "../../../src/stack/step-time.ts";
import { checkPlan } from "../../../test/compiler.ts";
import { memoryHost } from "../../../test/host.ts";
import type { Configuration } from "../memory/configurations.ts";
import { configOf, planOf } from "../memory/plan.ts";

/** What planc knows of a configuration, whose GPU may be full. */
export function factsOf(configuration: Configuration): MeshFacts {
  const host = memoryHost({ "plan.yaml": planOf(configuration), "config.json": configOf(configuration) });
  const { mesh } = checkPlan(host, "plan.yaml").facts;
  if (mesh === undefined) throw new Error(`planc refuses ${configuration.name}`);
  return mesh;
}

/** Seconds of a step as they are measured here: nothing is clipped, and a rank alone copies what others would send it. */
export function foreseen(configuration: Configuration, rates = ratesOf(factsOf(configuration).cluster.gpu)): number {
  const facts = factsOf(configuration);
  const run = runOf(facts);
  const work = workOf(facts.model, facts.hasFusedNorms);
  if (rates === null || run === null || "unknown" in work)
    throw new Error(`nothing is foreseen of ${configuration.name}`);
  const time = timeOf(work, { ...run, clips: false }, facts.sizes.world_size > 2 ? alone(rates) : rates);
  if ("unknown" in time) throw new Error(time.unknown);
  return time.step_seconds;
}

function alone(rates: Rates): Rates {
  const link = { seconds: 2 * rates.launch, rate: rates.copy / 2 };
  return { ...rates, inside: { all_gather: link, reduce_scatter: link, all_to_all: link } };
}
