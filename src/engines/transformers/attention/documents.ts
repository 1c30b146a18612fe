import type { Plan } from "../../../plan/plan.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { trainerValue } from "../../../trainers/trl/options/option.ts";
import documents523 from "../releases/5.23/documents.json" with { type: "json" };
import documents524 from "../releases/5.24/documents.json" with { type: "json" };

/**
 * Whether the documents of a packed row see each other: `alone`, they do not; `masks`, not with the masks of
 * `planc_runtime/documents.py`; `leaks`, they do with either; `stops`, the family refuses such a row. Judged by
 * `scripts/judge_packing.ts`, by attention implementation.
 */
export type Verdict = "alone" | "masks" | "leaks" | "stops";

type Verdicts = Readonly<Record<string, Readonly<Record<string, string>>>>;

const judged: ReadonlyMap<string, Verdicts> = new Map<string, Verdicts>(
  [documents523, documents524].map(({ transformers, families }) => [transformers, families]),
);

/**
 * What is known of a family in a release of transformers; undefined where nothing is.
 *
 * @param attention the attention implementation; left out, the one that transformers takes by itself.
 */
export function verdictOn(release: string, modelType: string, attention?: string): Verdict | undefined {
  const verdicts = judged.get(release)?.[modelType];
  // Flash attention of every maker is called in one way.
  const name = attention?.includes("flash") ? "flash_attention_2" : attention;
  const found = name === undefined ? (verdicts?.["sdpa"] ?? verdicts?.["eager"]) : verdicts?.[name];
  return found as Verdict | undefined;
}

/** The option that makes the trainer put several documents into a row and keep them apart; undefined where none does. */
export function packedBy(plan: Plan): "packing" | "padding_free" | undefined {
  const isPacked = trainerValue(plan, "packing") === true && trainerValue(plan, "packing_strategy") !== "wrapped";
  if (isPacked) return "packing";
  return trainerValue(plan, "padding_free") === true ? "padding_free" : undefined;
}

/**
 * Whether the job hands the model masks for packed rows. It does whether or not the plan packs, since `train.py --packing true`
 * can still ask for it, and whatever computes attention on its GPUs, since CPU processes compute it with something else. Where
 * rows are not packed nothing is made.
 */
export function needsMasks({ model, release }: Pick<ModelFacts, "model" | "release">): boolean {
  return Object.values(judged.get(release.version)?.[model.model_type] ?? {}).includes("masks");
}
