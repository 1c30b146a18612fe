import type { ModelFacts } from "../facts.ts";
import type { TransformersRelease, Verdict } from "../releases/release.ts";

/**
 * What is known of a family in a release; undefined where nothing is.
 *
 * @param attention the attention implementation; left out, the one that transformers takes by itself.
 */
export function verdictOn(
  { documents }: Pick<TransformersRelease, "documents">,
  modelType: string,
  attention?: string,
): Verdict | undefined {
  const verdicts = documents[modelType];
  // Flash attention of every maker is called in one way.
  const name = attention?.includes("flash") ? "flash_attention_2" : attention;
  const found = name === undefined ? (verdicts?.["sdpa"] ?? verdicts?.["eager"]) : verdicts?.[name];
  return found as Verdict | undefined;
}

/**
 * Whether the job hands the model masks for packed rows. It does whether or not the plan packs, since `train.py --packing true`
 * can still ask for it, and whatever computes attention on its GPUs, since CPU processes compute it with something else. Where
 * rows are not packed nothing is made.
 */
export function needsMasks({ model, release }: Pick<ModelFacts, "model" | "release">): boolean {
  return Object.values(release.documents[model.model_type] ?? {}).includes("masks");
}
