/**
 * How PEFT finds what a target means. A name of a list is a whole name or the end of one; a text is a regular expression of
 * whole names. Of a model type that it calls renamed it first takes modules for parameters.
 */
import type { Model } from "../../../model/model.ts";
import type { Lora } from "../../../plan/plan.ts";
import type { Part } from "./parts.ts";
import type { Peft } from "./peft.ts";

/** Targets after PEFT has looked for renamed experts among them. */
export interface Targets {
  readonly target_modules: readonly string[] | string;
  readonly target_parameters: readonly string[];
  readonly rank_pattern: Readonly<Record<string, number>>;
  readonly alpha_pattern: Readonly<Record<string, number>>;
}

/** Targets as PEFT is told them. */
export type Told = Targets & Pick<Lora, "r" | "lora_alpha">;

/** PEFT's word for every linear layer but the head. */
export function isAllLinear(modules: readonly string[] | string): boolean {
  return typeof modules === "string" && modules.toLowerCase() === "all-linear";
}

/** Routers are linear layers too in families that give them no class of their own. */
function linearNames(parts: readonly Part[], peft: Peft): readonly string[] {
  const isLinear = ({ what, class: other, parameter, name }: Part) =>
    parameter.shape.length === 2 &&
    parameter.name === `${name}.weight` &&
    what !== "head" &&
    parameter.kind !== "embedding" &&
    (other === undefined || peft.isLinear(other));
  return parts.filter(isLinear).flatMap(namesOf);
}

/** What PEFT makes of targets of a model type whose experts had other names; the same for all others. */
export function renamedTargets(model: Model, peft: Peft, parts: readonly Part[], told: Told): Targets {
  const renamed = peft.renamed(model.model_type);
  if (renamed === undefined) {
    return isAllLinear(told.target_modules) ? { ...told, target_modules: linearNames(parts, peft) } : told;
  }
  const modules =
    typeof told.target_modules === "string" ? leavesOf(told.target_modules, parts, renamed, peft) : told.target_modules;
  const oldName = (target: string) => Object.keys(renamed).find((old) => target === old || target.endsWith(`.${old}`));
  const found = modules.map(oldName).filter((old) => old !== undefined);
  const whole = Object.entries(peft.fused(model.model_type)).filter(([, olds]) =>
    olds.every((old) => found.includes(old)),
  );
  const widened = (value: number) =>
    Object.fromEntries(whole.map(([name, olds]) => [`.*\\.${name}`, value * olds.length]));
  return {
    target_modules: modules.filter((target) => oldName(target) === undefined),
    target_parameters: [...new Set([...told.target_parameters, ...found.map((old) => renamed[old] ?? old)])],
    rank_pattern: { ...told.rank_pattern, ...widened(told.r) },
    alpha_pattern: { ...told.alpha_pattern, ...widened(told.lora_alpha) },
  };
}

function leavesOf(
  text: string,
  parts: readonly Part[],
  renamed: Readonly<Record<string, string>>,
  peft: Peft,
): readonly string[] {
  const leaf = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  if (isAllLinear(text)) return [...new Set([...linearNames(parts, peft).map(leaf), ...Object.keys(renamed)])];
  const whole = expressionOf(text);
  if (whole === undefined) return [];
  const names = parts.flatMap((part) => namesOf(part).flatMap((name) => [name, `${name}.weight`]));
  const found = names.filter((name) => whole.test(name)).map(leaf);
  const probed = Object.entries(renamed).filter(([old, now]) =>
    names.some((name) => leaf(name) === now && whole.test(`${name.slice(0, -now.length)}${old}`)),
  );
  return [...new Set([...found, ...probed.map(([old]) => old)])];
}

/** A regular expression of a whole name; undefined where it is none, or none that JavaScript knows. */
export function expressionOf(text: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    return undefined;
  }
}

/** A part's name on each of its layers. */
export function namesOf({ parameter: { layers }, name }: Part): readonly string[] {
  return layers === null ? [name] : layers.map((layer) => name.replace("{layer}", String(layer)));
}

export function endsWith(name: string, target: string): boolean {
  return name === target || name.endsWith(`.${target}`);
}

/** Whether a name is one of a list of names, or what a regular expression means. */
export function isNamed(targets: readonly string[] | string | undefined, name: string): boolean {
  if (targets === undefined) return false;
  if (typeof targets === "string") return expressionOf(targets)?.test(name) ?? false;
  return targets.some((target) => endsWith(name, target));
}

/** Whether `layers_to_transform` lets a module of a list of targets have adapters. */
export function isInLayers(
  name: string,
  { layers_to_transform: layers, layers_pattern }: Pick<Lora, "layers_to_transform" | "layers_pattern">,
): boolean {
  const indices = typeof layers === "number" ? [layers] : (layers ?? []);
  if (indices.length === 0) return true;
  const before = typeof layers_pattern === "string" ? [layers_pattern] : (layers_pattern ?? []);
  const patterns =
    before.length === 0
      ? [/^.*?\.[^.]*\.(\d+)\./]
      : before.map((each) => new RegExp(`^(?:|.*?\\.)${each}\\.(\\d+)\\.`));
  const index = patterns.map((pattern) => pattern.exec(name)?.[1]).find((found) => found !== undefined);
  return index !== undefined && indices.includes(Number(index));
}

/** The value of the first pattern that a name ends with. */
export function valueFor(patterns: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.entries(patterns).find(([pattern]) => expressionOf(`(.*\\.)?(${pattern})`)?.test(name))?.[1];
}
