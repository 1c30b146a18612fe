import type { Case } from "../diagnostics/case.ts";
import { PLN1020, PLN1023 } from "../diagnostics/catalogue/language.ts";
import { type Result, replaceWith } from "../diagnostics/diagnostic.ts";
import type { Plan } from "../plan/plan.ts";
import type { VersionsSection } from "../plan/types.ts";
import { suggest } from "../text/suggest.ts";
import { orList } from "../text/words.ts";
import type { Engine } from "./engine.ts";
import type { PlanFacts } from "./facts.ts";
import { standingOf } from "./known.ts";
import type { Task, Trainer } from "./trainer.ts";

/** Every engine and trainer that planc knows. */
export interface Stacks {
  readonly engines: readonly Engine[];
  readonly trainers: readonly Trainer[];
  /** The releases that planc itself is tested with, together. */
  readonly tested: VersionsSection;
}

/** The engine and the trainer that the plan names, in the releases that it names. */
export function findStack({ engines, trainers, tested }: Stacks, plan: Plan): Result<Omit<PlanFacts, "rows">> {
  const engine = engines.find(({ name }) => name === plan.stack.engine);
  const trainer = trainers.find(({ name }) => name === plan.stack.trainer);
  if (engine === undefined || trainer === undefined) {
    const engineWrong = engine === undefined ? [unknown(plan, "engine", engines)] : [];
    const trainerWrong = trainer === undefined ? [unknown(plan, "trainer", trainers)] : [];
    return { value: undefined, diagnostics: [...engineWrong, ...trainerWrong] };
  }
  const release = standingOf(engine, plan.versions).by;
  const tasks = tasksOn(trainer, release.version, plan.versions);
  const task = tasks.find(({ key }) => key === plan.task);
  if (task === undefined) {
    const values = { key: plan.task, where: "the plan" };
    const help = `${trainer.name} trains with ${orList(tasks.map(({ key }) => key))}`;
    return { value: undefined, diagnostics: [PLN1020(plan.written.at(plan.task, "key"), values, { help })] };
  }
  return { value: { plan, engine, release, trainer, task, tested }, diagnostics: [] };
}

function unknown({ stack, written }: Plan, key: "engine" | "trainer", known: readonly { readonly name: string }[]) {
  const path = `stack.${key}`;
  const names = known.map(({ name }) => name);
  const values = {
    path,
    expected: orList(names.map((name) => JSON.stringify(name))),
    value: JSON.stringify(stack[key]),
  };
  const near = suggest(stack[key], names);
  const place = written.at(path);
  return PLN1023(place, values, { fixes: near === undefined ? [] : [replaceWith(place, near)] });
}

/** What a new plan is made for: the first engine and trainer, in the tested releases. */
export function usualStack({
  engines,
  trainers,
  tested,
}: Stacks): Pick<PlanFacts, "engine" | "trainer" | "task" | "tested"> {
  const [[engine], [trainer]] = [engines, trainers];
  if (engine === undefined || trainer === undefined) throw new Error("no stack is known");
  const [task] = tasksOn(trainer, standingOf(engine, tested).by.version, tested);
  if (task === undefined) throw new Error(`${trainer.name} has no task`);
  return { engine, trainer, task, tested };
}

/** What the release of a trainer that a plan names can do on a release of the engine. */
function tasksOn(trainer: Trainer, engine: string, versions: VersionsSection): readonly Task[] {
  const { pairs } = standingOf(trainer, versions).by;
  const pair = pairs.find((each) => each.engine === engine) ?? pairs.at(-1);
  return pair?.tasks ?? [];
}

export const cases: readonly Case[] = [
  {
    name: "an engine that is nearly known",
    plan: `
stack:
  engine: transformer
#@ [11:22) PLN1023 stack.engine takes "transformers", not "transformer"
#@   fix "change it to transformers" -> fine
  trainer: trl
  versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 }
`,
  },
  {
    name: "an engine and a trainer that planc does not know",
    plan: `
stack: { engine: nemo, trainer: torchtitan, versions: { transformers: 5.23.0, trl: 1.16.0, accelerate: 1.15.0, torch: 2.15.0 } }
#@ [18:22) PLN1023 stack.engine takes "transformers", not "nemo"
#@ [33:43) PLN1023 stack.trainer takes "trl", not "torchtitan"
`,
  },
];
