import type { Model } from "../../../model/model.ts";
import type { EpPlanOverrides } from "../../../plan/plan.ts";
import { suggest } from "../../../text/suggest.ts";
import type { EpPlan, TransformersRelease } from "../releases/release.ts";

/** One rule of a plan's `base_model_ep_plan`, and the module or parameter that it names. */
export interface WrittenRule {
  /** As written. */
  readonly pattern: string;
  readonly style: string;
  /** The full path: `model.layers.*.mlp.experts`. Of a pattern that names nothing, what it would be. */
  readonly path: string;
  readonly names: "module or parameter" | "numbered layer" | "nothing";
}

/**
 * The engine takes patterns with the full path of the causal language model. A config writes them below its base
 * model, so both are understood: `layers.*.mlp.experts` and `model.layers.*.mlp.experts`. A layer is always `*`: the
 * engine compares patterns with names whose numbers it has replaced.
 */
export function readRules(model: Model, overrides: EpPlanOverrides): WrittenRule[] {
  const prefix = `${model.base}.`;
  return Object.entries(overrides).map(([pattern, style]) => {
    const path = fullPath(pattern, prefix, model.names);
    if (model.names.has(path)) return { pattern, style, path, names: "module or parameter" };
    return { pattern, style, path, names: model.names.has(withoutNumbers(path)) ? "numbered layer" : "nothing" };
  });
}

/** What a rule that names nothing was probably meant to name, in the spelling of its pattern. */
export function suggestionFor(model: Model, { pattern, path, names }: WrittenRule): string | undefined {
  const prefix = `${model.base}.`;
  const near = names === "numbered layer" ? withoutNumbers(path) : suggest(path, model.names);
  return !pattern.startsWith(prefix) && near?.startsWith(prefix) ? near.slice(prefix.length) : near;
}

function withoutNumbers(path: string): string {
  return path.replace(/\.\d+(?=\.|$)/g, ".*");
}

function fullPath(pattern: string, prefix: string, names: ReadonlySet<string>): string {
  if (names.has(pattern) || pattern.startsWith(prefix)) return pattern;
  const below = `${prefix}${pattern}`;
  return names.has(below) || pattern.startsWith("layers.") ? below : pattern;
}

/** The release's plan for the family, with the full paths that the engine wants. */
export function defaultEpPlan(model: Model, release: TransformersRelease): EpPlan {
  return prefixed(release.family(model.text_type)?.epPlan ?? {}, model.base);
}

export function prefixed(plan: EpPlan, prefix: string): EpPlan {
  return Object.fromEntries(Object.entries(plan).map(([pattern, style]) => [`${prefix}.${pattern}`, style]));
}

/**
 * The plan that the engine will work with: the family's default with the written rules merged over it. A default rule
 * can be given another style but never removed. Rules that name nothing are left out; a check reports them.
 */
export function resolveEpPlan(model: Model, release: TransformersRelease, overrides: EpPlanOverrides): EpPlan {
  const written = readRules(model, overrides).filter((rule) => rule.names === "module or parameter");
  return { ...defaultEpPlan(model, release), ...Object.fromEntries(written.map((rule) => [rule.path, rule.style])) };
}

/** A parameter's name as patterns write it: `{layer}` is `*`. */
export function patternOf(name: string): string {
  return name.replaceAll("{layer}", "*");
}

/** The module that a parameter belongs to. */
export function moduleOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

/**
 * The style that a rule set gives to a parameter: its own rule, or that of the module it belongs to. A module's rule
 * does not reach the parameters of the modules inside it.
 */
export function styleOf(name: string, plan: EpPlan): string | undefined {
  const path = patternOf(name);
  return plan[path] ?? plan[moduleOf(path)];
}
