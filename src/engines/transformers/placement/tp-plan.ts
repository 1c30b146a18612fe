import type { Model } from "../../../model/model.ts";
import type { EpPlan, TransformersRelease } from "../releases/release.ts";
import { prefixed } from "./ep-plan.ts";

/**
 * The tensor-parallel plan that the engine applies when `tp_size` > 1: the family's rules, those of the causal language
 * model class, and the input embedding cut along the vocabulary unless the family says otherwise. A module that has a
 * rule in the expert plan keeps none here, nor do the modules inside it.
 */
export function resolveTpPlan(model: Model, release: TransformersRelease, epPlan: EpPlan): EpPlan {
  const family = release.family(model.text_type);
  if (family === undefined) return {};
  const prefix = model.base;
  const base = prefixed(family.tpPlan, prefix);
  const embedding = `${prefix}.embed_tokens`;
  const embeddingRule =
    Object.keys(base).length > 0 && model.names.has(embedding) ? { [embedding]: "embedding_rowwise" } : {};
  const plan = { ...family.classTpPlan, ...embeddingRule, ...base };
  const taken = Object.keys(epPlan);
  const isTaken = (name: string) => taken.some((key) => name === key || name.startsWith(`${key}.`));
  return Object.fromEntries(Object.entries(plan).filter(([name]) => !isTaken(name)));
}
