import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { MeshFacts } from "../engines/transformers/facts.ts";
import { emitReadme } from "../engines/transformers/files/readme.ts";
import { emitters } from "../engines/transformers/files.ts";
import { runtimeFiles } from "../generated/templates.js";
import { lower } from "../graph/lower.ts";
import { stepsOf } from "../graph/order.ts";
import { schedulers } from "../schedulers/schedulers.ts";
import type { EmittedFile } from "../text/file.ts";
import { json } from "../text/json.ts";
import { lockFile, lockOf } from "./lock.ts";

/**
 * The files of a plan's bundle. The same plan, config.json and planc give the same bytes: nothing here knows the time,
 * the machine, or where any of these files lies.
 */
export function emit(facts: MeshFacts, diagnostics: readonly Diagnostic[]): EmittedFile[] {
  const { plan } = facts;
  const launch = schedulers[plan.cluster.scheduler]({ plan, steps: stepsOf(lower(facts)) });
  const programs = [...launch, ...emitters.map((emitter) => emitter(facts)), ...runtimeFiles];
  const files = [emitReadme(facts, programs, diagnostics), ...programs];
  return [...files, { path: lockFile, content: `${json(lockOf(facts, files))}\n` }];
}
