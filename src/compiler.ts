/**
 * The pipeline on one page: read → bind → solve → check → lower → emit. Every stage returns a value and diagnostics;
 * none throws for a user's mistake and none prints. The command line and the editor call the same functions. Which
 * engines and trainers there are comes in from outside, as the files do.
 */

import { issuesMet, type MetIssue } from "./check/issues.ts";
import { bindCluster } from "./cluster/bind.ts";
import { PLN5101 } from "./diagnostics/catalogue/calibration.ts";
import { type Diagnostic, Findings, hasErrors } from "./diagnostics/diagnostic.ts";
import { oncePerPlace, runRules } from "./diagnostics/rule.ts";
import { attentionMemory } from "./estimate/attention.ts";
import { estimateBatch, microBatchTokens } from "./estimate/batch.ts";
import { memoryOf } from "./estimate/held.ts";
import { estimateMemory, referenceBytes } from "./estimate/memory.ts";
import type { StepSize } from "./estimate/peak.ts";
import { leastThatFits, policiesByWork } from "./estimate/recompute.ts";
import { worstLoad } from "./estimate/rows.ts";
import { isOf, readCalibration } from "./estimate/time/calibration.ts";
import { rules as commonRules } from "./generated/rules/common.ts";
import { type EmittedFile, type Host, recording } from "./host.ts";
import type { Model } from "./model/model.ts";
import { readModel } from "./model/read.ts";
import { inferred, type Plan } from "./plan/plan.ts";
import { readPlan } from "./plan/read.ts";
import type { VersionsSection } from "./plan/types.ts";
import { schedulerRules } from "./schedulers/rules.ts";
import type { BoundFacts, MeshFacts, ModelFacts, PlanFacts, Solved } from "./stack/facts.ts";
import { isRehearsed } from "./stack/known.ts";
import { findStack, type Stacks } from "./stack/stacks.ts";
import { stepTimeOf } from "./stack/step-time.ts";
import type { Compile } from "./toy/compile.ts";

/** What the compiler works with: the files that it may read, and the engines and trainers that it knows. */
export interface World {
  readonly host: Host;
  readonly stacks: Stacks;
  /** The file of what a machine of the plan's kind was measured to reach; left out, planc's own figures. */
  readonly calibration?: string | undefined;
}

/** A plan that passed every check, and everything that was derived on the way. */
export type Checked = MeshFacts;

/** A plan's bundle, not yet written. */
export interface Compiled {
  readonly checked: Checked;
  readonly files: readonly EmittedFile[];
}

/** What is known of a plan, stage by stage, whatever is wrong with it: undefined from the stage on that could not run. */
export interface Facts {
  /** The plan as it was read. */
  readonly plan?: PlanFacts;
  readonly model?: ModelFacts;
  readonly mesh?: MeshFacts;
}

/** What became of a plan. */
interface Outcome<Value> {
  /** Undefined when there are errors. */
  readonly value: Value | undefined;
  readonly facts: Facts;
  readonly diagnostics: readonly Diagnostic[];
  /** File → text of everything that was read, for the code frames of messages. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads and judges a plan. The cost does not depend on the number of ranks, layers or experts. */
export function checkPlan({ host, ...world }: World, file: string): Outcome<Checked> {
  const recorder = recording(host);
  const findings = new Findings();
  const plan = findings.take(readPlan(recorder.host, file));
  const facts = plan === undefined ? {} : judge({ ...world, host: recorder.host }, plan, findings);
  const diagnostics = oncePerPlace(findings.all);
  return { value: hasErrors(diagnostics) ? undefined : facts.mesh, facts, diagnostics, sources: recorder.texts };
}

/**
 * Checks a plan and writes out its bundle in memory. What only this needs is loaded when it is needed.
 *
 * @param placeOf the plan's path from the bundle of a plan of that name: what the plan's relative paths count from.
 */
export async function compilePlan(
  world: World,
  file: string,
  placeOf: (name: string) => string | null = () => null,
): Promise<Outcome<Compiled>> {
  const { value: checked, ...judged } = checkPlan(world, file);
  if (checked === undefined) return { value: undefined, ...judged };
  const rehearsal = isRehearsed(checked) ? await rehearsalOf(world.stacks, checked) : [];
  const { emit } = await import("./bundle/emit.ts");
  const files = await emit(checked, judged.diagnostics, placeOf(checked.plan.name), rehearsal);
  return { value: { checked, files }, ...judged };
}

async function rehearsalOf(stacks: Stacks, checked: Checked): Promise<readonly EmittedFile[]> {
  const { rehearsalFiles } = await import("./toy/rehearsal.ts");
  return rehearsalFiles(compileAlone, stacks, checked);
}

/** The same without what the job rehearses first: for the toy that is rehearsed. */
export const compileAlone: Compile = async (world, file) => {
  const { value: checked, ...judged } = checkPlan(world, file);
  if (checked === undefined) return { value: undefined, ...judged };
  const { emit } = await import("./bundle/emit.ts");
  return { value: { files: await emit(checked, judged.diagnostics, null) }, ...judged };
};

/**
 * The known issues of the stack that a plan meets, and those that its bundle takes care of, whatever else is wrong with it.
 *
 * @param versions releases to take in the place of those that the plan names.
 */
export function issuesOfPlan(
  { host, stacks }: World,
  file: string,
  versions: Partial<VersionsSection> = {},
): Outcome<readonly MetIssue[]> {
  const recorder = recording(host);
  const findings = new Findings();
  const read = findings.take(readPlan(recorder.host, file));
  const plan = read && { ...read, versions: { ...read.versions, ...versions } };
  const facts = plan === undefined ? {} : judge({ host: recorder.host, stacks }, plan, findings);
  const value = facts.plan && issuesMet(facts, findings.all);
  return { value, facts, diagnostics: oncePerPlace(findings.all), sources: recorder.texts };
}

/** Plans of one model, judged without reading anything again: for who looks for one that fits. */
export interface Trials {
  readonly plan: Plan;
  readonly model: Model;
  /** What the rules say of another plan, but for its memory. */
  judge(plan: Plan): Judgement;
  /** What is known of a plan whose mesh is that of one that was judged: other batches, or another policy of recompute. */
  foresee(judged: MeshFacts, plan: Plan): Foreseen;
}

/** What the rules say of a plan, but for its memory. */
export interface Judgement {
  /** Undefined where they refuse it. */
  readonly mesh: MeshFacts | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

type Foreseen = Omit<MeshFacts, "supposing">;

/** The model of a plan, whatever else is wrong with the plan, and other plans of it. */
export function trialsOf({ host, stacks, calibration: measured }: World, file: string): Outcome<Trials> {
  const recorder = recording(host);
  const findings = new Findings();
  const plan = findings.take(readPlan(recorder.host, file));
  const stack = plan && findings.take(findStack(stacks, plan));
  const model = plan && stack && findings.take(readModel(recorder.host, plan, stack.release));
  const calibration = measured === undefined ? undefined : findings.take(readCalibration(recorder.host, measured));
  const { texts } = recorder;
  if (plan === undefined || stack === undefined || model === undefined || !findings.ok)
    return { value: undefined, facts: {}, diagnostics: findings.all, sources: texts };
  const { layout = model.publishedLayout } = plan.model;
  const known = { ...stack, model, layout, calibration };
  const value: Trials = {
    plan,
    model,
    judge: (another) => judgeAnother(known, another),
    foresee: (judged, another) => estimated({ ...judged, plan: another, rows: judged.task.rows(another) }),
  };
  return { value, facts: {}, diagnostics: findings.all, sources: texts };
}

/** Every rule of a stage runs, so that one run shows every mistake; what the engine or the trainer objects to in the model ends it. */
function judge({ host, stacks, calibration: measured }: World, plan: Plan, findings: Findings): Facts {
  const stack = findings.take(findStack(stacks, plan));
  if (stack === undefined) return {};
  const { engine, trainer, release, task } = stack;
  const calibration = measured === undefined ? undefined : findings.take(readCalibration(host, measured));
  const planFacts: PlanFacts = { ...stack, rows: task.rows(plan), calibration };
  const ofScheduler = { rules: schedulerRules[plan.cluster.scheduler.kind] };
  for (const { rules } of [{ rules: commonRules }, engine, trainer, ofScheduler])
    findings.add(...runRules(rules.plan, planFacts));

  const read = readModel(host, plan, release);
  const model = findings.take(read);
  // Also where there is no model: one run shows what the config lacks and what else is wrong with it.
  if (read.config !== undefined) {
    const configFacts = { ...planFacts, config: read.config };
    for (const { rules } of [{ rules: commonRules }, engine, trainer])
      findings.add(...runRules(rules.config, configFacts));
  }
  const cluster = findings.take(bindCluster(plan));
  if (model === undefined || cluster === undefined) return { plan: planFacts };
  if (calibration !== undefined && !isOf(calibration, cluster.gpu)) {
    const found = `${calibration.gpu} (${calibration.device})`;
    findings.add(PLN5101(calibration.at, { found, wanted: cluster.gpu.name }));
  }
  const bound: BoundFacts = { ...planFacts, model, cluster, layout: plan.model.layout ?? model.publishedLayout };
  return { plan: planFacts, ...judgeBound(bound, findings, (another) => judgeAnother(bound, another).mesh) };
}

/**
 * Judges a plan whose model and cluster are known.
 *
 * @param supposing left out for a plan that is supposed itself.
 */
function judgeBound(
  bound: BoundFacts,
  findings: Findings,
  supposing?: MeshFacts["supposing"],
): Pick<Facts, "model" | "mesh"> {
  const { engine, trainer, plan } = bound;
  const model: ModelFacts = { ...bound, ...engine.derive(bound) };
  findings.add(...runRules(commonRules.model, model));
  const objections = [engine, trainer].flatMap(({ rules }) => runRules(rules.model, model));
  findings.add(...objections);
  if (hasErrors(objections)) return { model };

  // A plan that is supposed keeps what the one that it comes from computes again.
  const isOpen = supposing !== undefined && !plan.written.has("recompute");
  const mesh: MeshFacts = {
    ...(isOpen ? withRecompute(model) : estimated(model)),
    supposing: supposing ?? (() => undefined),
  };
  const ofScheduler = { rules: schedulerRules[plan.cluster.scheduler.kind] };
  for (const { rules } of [{ rules: commonRules }, engine, trainer, ofScheduler]) {
    const asked = supposing === undefined ? rules.mesh.filter(({ supposes }) => !supposes) : rules.mesh;
    findings.add(...runRules(asked, mesh));
  }
  return { model: { ...model, plan: mesh.plan }, mesh };
}

/** What would be known of another plan of the same model, and what rules say of it, but for its memory. */
function judgeAnother(bound: Omit<BoundFacts, "plan" | "cluster" | "rows">, plan: Plan): Judgement {
  const findings = new Findings();
  const cluster = findings.take(bindCluster(plan));
  if (cluster === undefined) return { mesh: undefined, diagnostics: findings.all };
  const another: BoundFacts = { ...bound, plan, cluster, rows: bound.task.rows(plan) };
  const ofScheduler = { rules: schedulerRules[plan.cluster.scheduler.kind] };
  for (const { rules } of [{ rules: commonRules }, another.engine, another.trainer, ofScheduler])
    findings.add(...runRules(rules.plan, another));
  const { mesh } = judgeBound(another, findings);
  return { mesh: findings.ok ? mesh : undefined, diagnostics: findings.all };
}

/** A plan that leaves open what is computed again, with what its GPUs have room for. */
function withRecompute(facts: ModelFacts): Foreseen {
  const { plan, model, cluster, sizes, rows } = facts;
  const { foreseen, recompute, reason } = leastThatFits(
    policiesByWork(model, rows.max_length),
    (recompute) => estimated({ ...facts, plan: { ...plan, recompute } }),
    {
      memory: cluster.gpu.memory,
      rank_load: plan.parallelism.rank_load,
      most: worstLoad({ ...model.sizes, ep_size: sizes.ep_size }),
    },
  );
  const provenance = { ...plan.provenance, recompute: inferred(reason) };
  return { ...foreseen, plan: { ...plan, recompute, provenance } };
}

function estimated(facts: ModelFacts): Foreseen {
  const { plan, model, sizes, rows } = facts;
  const solved: Solved = facts.engine.solve(facts);
  const logits = { vocab_size: model.sizes.vocab_size, tokens: microBatchTokens(rows) };
  const attention = attentionMemory(solved.attentionSize, plan.precision.compute);
  const frozen = Math.ceil((model.totals.whole - model.totals.total) / sizes.fsdp_size);
  const trained = facts.adapter === undefined ? undefined : solved.adapters;
  const states = estimateMemory(
    plan.precision,
    rows.optimizer_states,
    solved.placed,
    logits,
    attention,
    frozen,
    trained,
  );
  const isShared = sizes.fsdp_size * sizes.dp_replicate_size > 1;
  const reference =
    facts.task.hasReference && trained === undefined
      ? referenceBytes(plan.precision, solved.placed, frozen, isShared)
      : 0;
  const size: StepSize = {
    ...facts,
    ...solved,
    states,
    lowRank: trained === undefined ? null : { gradients: states.gradients, pairs: facts.adapter?.pairs ?? [] },
    attention,
    hasScores: solved.attentionSize.kind === "eager",
    keepsRouterLogits: facts.task.keepsRouterLogits(facts),
    makesLogits: facts.task.makesLogits(plan),
    kernels: "gpu",
  };
  return {
    ...facts,
    ...solved,
    batch: estimateBatch(rows, sizes.dp_replicate_size * sizes.fsdp_size),
    memory: memoryOf({ ...states, reference }, size, {
      rankLoad: plan.parallelism.rank_load,
      isPlayed: facts.task.unplayed === undefined,
    }),
    time: stepTimeOf({ ...facts, ...solved }),
  };
}
