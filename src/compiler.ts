/**
 * The pipeline on one page: read → bind → solve → check → lower → emit. Every stage returns a value and diagnostics;
 * none throws for a user's mistake and none prints. The command line and the editor call the same functions.
 */
import { oncePerPlace } from "./check/once-per-place.ts";
import { runRules } from "./check/rule.ts";
import { commonRules } from "./check/rules.ts";
import { bindCluster } from "./cluster/bind.ts";
import { type Diagnostic, Findings, hasErrors } from "./diagnostics/diagnostic.ts";
import { attentionSize } from "./engines/transformers/attention/size.ts";
import { meshRules, modelRules, planRules } from "./engines/transformers/engine.ts";
import { solveMesh, solveSizes } from "./engines/transformers/mesh/solve.ts";
import { resolveEpPlan } from "./engines/transformers/placement/ep-plan.ts";
import { place } from "./engines/transformers/placement/place.ts";
import { releaseOf } from "./engines/transformers/releases/release.ts";
import { attentionMemory } from "./estimate/attention.ts";
import { estimateBatch, microBatchTokens } from "./estimate/batch.ts";
import { estimateMemory } from "./estimate/memory.ts";
import { type Host, recording } from "./host.ts";
import type { Model } from "./model/model.ts";
import { readModel } from "./model/read.ts";
import type { Plan } from "./plan/plan.ts";
import { readPlan } from "./plan/read.ts";
import type { MeshFacts } from "./stack/facts.ts";
import type { EmittedFile } from "./text/file.ts";
import { batchOptions } from "./trainers/trl/options/option.ts";

/** A plan that passed every check, and everything that was derived on the way. */
export type Checked = MeshFacts;

/** A plan's bundle, not yet written. */
export interface Compiled {
  readonly checked: Checked;
  readonly files: readonly EmittedFile[];
}

/** What became of a plan. */
interface Outcome<Value> {
  /** Undefined when there are errors. */
  readonly value: Value | undefined;
  /** The plan as it was read, also where it was refused; undefined where it could not be read. */
  readonly plan: Plan | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** File → text of everything that was read, for the code frames of messages. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads and judges a plan. The cost does not depend on the number of ranks, layers or experts. */
export function checkPlan(host: Host, file: string): Outcome<Checked> {
  const recorder = recording(host);
  const findings = new Findings();
  const plan = findings.take(readPlan(recorder.host, file));
  const value = plan && judge(recorder.host, plan, findings);
  const diagnostics = oncePerPlace(findings.all);
  return { value: hasErrors(diagnostics) ? undefined : value, plan, diagnostics, sources: recorder.texts };
}

/**
 * Checks a plan and writes out its bundle in memory. What only this needs is loaded when it is needed.
 *
 * @param placeOf the plan's path from the bundle of a plan of that name: what the plan's relative paths count from.
 */
export async function compilePlan(
  host: Host,
  file: string,
  placeOf: (name: string) => string | null = () => null,
): Promise<Outcome<Compiled>> {
  const { value: checked, ...judged } = checkPlan(host, file);
  if (checked === undefined) return { value: undefined, ...judged };
  const { emit } = await import("./bundle/emit.ts");
  return { value: { checked, files: emit(checked, judged.diagnostics, placeOf(checked.plan.name)) }, ...judged };
}

/** The model of a plan, whatever else is wrong with the plan: for who looks for a plan that fits. */
export function modelOfPlan(host: Host, file: string): Outcome<Model> {
  const recorder = recording(host);
  const plan = readPlan(recorder.host, file);
  if (plan.value === undefined) return { ...plan, value: undefined, plan: undefined, sources: recorder.texts };
  const model = readModel(recorder.host, plan.value, releaseOf(plan.value.versions.transformers));
  return { ...model, plan: plan.value, sources: recorder.texts };
}

function judge(host: Host, plan: Plan, findings: Findings): Checked | undefined {
  const release = releaseOf(plan.versions.transformers);
  findings.add(...runRules(planRules, { plan, release }));

  const model = findings.take(readModel(host, plan, release));
  const cluster = findings.take(bindCluster(plan));
  if (model === undefined || cluster === undefined) return undefined;
  findings.add(...runRules(commonRules, { plan, model }));

  const sizes = solveSizes(plan, cluster);
  const epPlan = resolveEpPlan(model, release, plan.parallelism.base_model_ep_plan);
  const facts = { plan, release, model, cluster, sizes, epPlan };
  const objections = runRules(modelRules, facts);
  findings.add(...objections);
  if (hasErrors(objections)) return undefined;

  const mesh = solveMesh(sizes);
  const placed = place(model, mesh, epPlan, release);
  const options = batchOptions(plan);
  const batch = estimateBatch(options, sizes.dp_replicate_size * sizes.fsdp_size);
  const logits = { vocab_size: model.sizes.vocab_size, tokens: microBatchTokens(options) };
  const attention = attentionMemory(attentionSize(facts, placed), plan.precision.compute);
  const memory = estimateMemory(plan.precision, options.optimizerStates, placed, logits, attention);
  const checked = { ...facts, mesh, placed, batch, memory };
  findings.add(...runRules(meshRules, checked));
  return checked;
}
