import type { Model } from "../../../model/model.ts";
import type { Lora } from "../../../plan/plan.ts";
import type { Path } from "../../../source/path.ts";
import { endsWith, isInLayers, isNamed, namesOf, renamedTargets } from "./matching.ts";
import { type Part, partsOf } from "./parts.ts";
import type { Peft } from "./peft.ts";

/** What a target that a plan writes in PEFT's words means in its model. */
export interface Meaning {
  readonly target: string;
  /** Where the plan has it. */
  readonly path: Path;
  /** What PEFT would put adapters on; empty where it finds nothing. */
  readonly parts: readonly Part[];
  /** The parameters that PEFT takes the target for, where that is not what is written. */
  readonly taken_for: readonly string[];
}

/** The meaning of each target of `target_modules` and `target_parameters`, each by itself. */
export function meaningsOf(model: Model, peft: Peft, lora: Lora): Meaning[] {
  const parts = partsOf(model, peft);
  const { target_modules: modules = [], target_parameters: parameters = [] } = lora;
  const meaning = (key: string, index: number | undefined, target: string): Meaning => {
    const isParameter = key === "target_parameters";
    const told = {
      ...lora,
      target_modules: isParameter ? [] : index === undefined ? target : [target],
      target_parameters: isParameter ? [target] : [],
    };
    const targets = renamedTargets(model, peft, parts, told);
    const isMeant = (part: Part) => isModuleMeant(part, targets.target_modules, lora);
    return {
      target,
      path: index === undefined ? ["lora", key] : ["lora", key, index],
      parts: parts.filter((part) => isMeant(part) || isParameterMeant(part, targets.target_parameters)),
      taken_for: isParameter ? [] : targets.target_parameters,
    };
  };
  return [
    ...(typeof modules === "string"
      ? [meaning("target_modules", undefined, modules)]
      : modules.map((target, index) => meaning("target_modules", index, target))),
    ...parameters.map((target, index) => meaning("target_parameters", index, target)),
  ];
}

function isModuleMeant(part: Part, modules: readonly string[] | string, lora: Lora): boolean {
  return (
    part.name !== part.parameter.name &&
    namesOf(part).some(
      (name) =>
        isNamed(modules, name) &&
        !isNamed(lora.exclude_modules, name) &&
        (typeof modules === "string" || isInLayers(name, lora)),
    )
  );
}

/** A matrix of a linear layer is a parameter too: "self_attn.q_proj.weight". */
function isParameterMeant({ parameter, name, what }: Part, targets: readonly string[]): boolean {
  if (what === "other" && parameter.name !== `${name}.weight` && parameter.name !== name) return false;
  return targets.some((target) => endsWith(parameter.name, target));
}
