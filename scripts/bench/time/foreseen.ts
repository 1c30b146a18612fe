import { type Rates, ratesOf } from "../../../src/estimate/time/rates.ts";
import { landed, type Runtime } from "../../../src/estimate/time/runtime.ts";
import { type StepTime, timeOf } from "../../../src/estimate/time/time.ts";
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

/** How a step was measured. */
interface Measured {
  /** One rank of the mesh: what others would send it are copies. */
  readonly isAlone: boolean;
  readonly clips: boolean;
  readonly runtime?: Runtime;
}

/** A step as it is measured. */
export function foreseen(configuration: Configuration, { isAlone, clips, runtime = landed }: Measured): StepTime {
  const facts = factsOf(configuration);
  const run = runOf(facts);
  const rates = ratesOf(facts.cluster.gpu);
  const work = workOf(facts.model, facts.hasFusedNorms);
  if (rates === null || run === null || "unknown" in work)
    throw new Error(`nothing is foreseen of ${configuration.name}`);
  const time = timeOf(work, { ...run, clips }, isAlone ? alone(rates) : rates, runtime);
  if ("unknown" in time) throw new Error(time.unknown);
  return time;
}

function alone(rates: Rates): Rates {
  const link = { seconds: 2e-6, rate: rates.copy / 2 };
  return { ...rates, inside: { all_gather: link, reduce_scatter: link, all_to_all: link } };
}
