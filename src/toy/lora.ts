import type { Lora } from "../plan/plan.ts";

/**
 * What a toy trains of adapters: the plan's, with layers by number as far as a toy has them. Both matrices of each begin at random,
 * since at PEFT's start, where `lora_B` is zero, every gradient of `lora_A` is zero too; nothing else is random.
 */
export function toyLora(lora: Lora, depth: number): Lora {
  const has = (name: string) => Number(/\blayers\.(\d+)\b/.exec(name)?.[1] ?? 0) < depth;
  const named = <T extends readonly string[] | string>(names: T) =>
    typeof names === "string" ? names : names.filter(has);
  const patterns = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => has(name.replaceAll("\\", ""))));
  const { target_modules, target_parameters, exclude_modules, layers_to_transform } = lora;
  return {
    ...lora,
    lora_dropout: 0,
    init_lora_weights: false,
    rank_pattern: patterns(lora.rank_pattern),
    alpha_pattern: patterns(lora.alpha_pattern),
    ...(target_modules === undefined ? {} : { target_modules: named(target_modules) }),
    ...(target_parameters === undefined ? {} : { target_parameters: target_parameters.filter(has) }),
    ...(exclude_modules === undefined ? {} : { exclude_modules: named(exclude_modules) }),
    ...(layers_to_transform === undefined ? {} : { layers_to_transform: layersIn(layers_to_transform, depth) }),
  };
}

/** Of these layers those that a toy has; its last one where it has none of them. */
function layersIn(layers: readonly number[] | number, depth: number): readonly number[] {
  const found = [layers].flat().filter((layer) => layer < depth);
  return found.length > 0 ? found : [depth - 1];
}
