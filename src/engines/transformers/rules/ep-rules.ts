import type { Location } from "../../../text/location.ts";
import type { ModelFacts } from "../facts.ts";
import { defaultEpPlan, moduleOf, patternOf, readRules, type WrittenRule } from "../placement/ep-plan.ts";

/** What the rules about `base_model_ep_plan` share. */

/** Written rules whose pattern and style the engine knows: what is left to say about them is what they do. */
export function usableRules(facts: ModelFacts): WrittenRule[] {
  const { release } = facts;
  return writtenRules(facts).filter(
    ({ names, style }) =>
      names === "module or parameter" && release.styles.has(style) && !release.refusedInEpPlan.has(style),
  );
}

export function writtenRules({ plan, model }: ModelFacts): WrittenRule[] {
  return readRules(model, plan.parallelism.base_model_ep_plan);
}

export function patternAt({ plan }: ModelFacts, rule: WrittenRule): Location {
  return plan.written.at(["parallelism", "base_model_ep_plan", rule.pattern], "key");
}

export function styleAt({ plan }: ModelFacts, rule: WrittenRule): Location {
  return plan.written.at(["parallelism", "base_model_ep_plan", rule.pattern], "value");
}

/**
 * The modules of experts that this model has and the family's default plan dispatches tokens to; of a family without a
 * plan, those that own experts.
 */
export function expertModules({ model, release }: ModelFacts): string[] {
  const usual = defaultEpPlan(model, release);
  if (Object.keys(usual).length === 0) {
    const experts = model.parameters.filter(({ kind }) => kind === "expert");
    return [...new Set(experts.map(({ name }) => moduleOf(patternOf(name))))];
  }
  return Object.entries(usual)
    .filter(([path, style]) => style === "ep_dispatch_experts" && model.names.has(path))
    .map(([path]) => path);
}

/** Patterns of the parameters that a module owns itself. */
export function ownParameters({ model }: ModelFacts, module: string): string[] {
  return model.parameters
    .filter((parameter) => !parameter.buffer)
    .map((parameter) => patternOf(parameter.name))
    .filter((path) => moduleOf(path) === module);
}

export function isParameter({ model }: ModelFacts, path: string): boolean {
  return model.parameters.some((parameter) => !parameter.buffer && patternOf(parameter.name) === path);
}
