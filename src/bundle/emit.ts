import { emitConvert } from "../convert/convert.ts";
import { planConversion } from "../convert/plan.ts";
import type { ByteProgram } from "../convert/program.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { lower } from "../graph/lower.ts";
import { stepsOf } from "../graph/order.ts";
import type { EmittedFile } from "../host.ts";
import type { LayoutName } from "../plan/types.ts";
import { launcher } from "../schedulers/launcher.ts";
import type { Job } from "../schedulers/scheduler.ts";
import { schedulerOf } from "../schedulers/schedulers.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { json } from "../text/json.ts";
import { emitContainerfile } from "./containerfile.ts";
import { lockFile } from "./digests.ts";
import { installWords, requirementsIn } from "./install.ts";
import { lockOf } from "./lock.ts";
import { emitReadme } from "./readme.ts";
import { byHand, byHandWithAdapters, runtimeFor } from "./runtime.ts";

/**
 * The files of a plan's bundle. The same plan, config.json and planc give the same bytes: nothing here knows the time,
 * the machine, or where any of these files lies but for the way from the bundle to the plan, `place`. `rehearsal`: what
 * the job rehearses before it trains.
 */
export async function emit(
  facts: MeshFacts,
  diagnostics: readonly Diagnostic[],
  place: string | null,
  rehearsal: readonly EmittedFile[] = [],
): Promise<EmittedFile[]> {
  const { plan, conversion, engine, trainer } = facts;
  const checkpoint = { source: plan.model.checkpoint, output: conversion.checkpoint };
  const ofEngine = await engine.files(facts);
  const requirements = requirementsIn(ofEngine);
  const install = installWords(requirements);
  const job: Job = { facts, place, checkpoint, steps: stepsOf(lower(facts)), install };
  const submitted = schedulerOf(plan.cluster.scheduler).files(job, plan.cluster.scheduler);
  const convert = conversion.to === null ? [] : [emitConvert(programOf(facts, conversion.to), plan.conversion)];
  const own = [
    ...submitted,
    launcher(job, submitted[0]?.path ?? null),
    ...(await trainer.files(facts)),
    ...ofEngine,
    ...emitContainerfile(facts, requirements),
    ...convert,
    ...rehearsal,
  ];
  const programs = [...own, ...runtimeFor(own, facts.adapter === undefined ? byHand : byHandWithAdapters)];
  const files = [emitReadme(facts, programs, diagnostics), ...programs];
  return [...files, { path: lockFile, content: `${json(lockOf(facts, { files, place }))}\n` }];
}

/** @throws Error for a conversion that rules should have refused, which is a mistake of planc's. */
function programOf(facts: MeshFacts, to: LayoutName): ByteProgram {
  const planned = planConversion(facts.model, facts.layout, to);
  if ("why" in planned) throw new Error(`no conversion to ${to}: ${planned.why}`);
  return planned.program;
}
