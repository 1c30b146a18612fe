import type { LayoutName } from "../../plan/types.ts";
import type { ModelFacts } from "./facts.ts";

/** Whether the job must convert its checkpoint before it starts, and why. */
export interface Conversion {
  readonly needed: boolean;
  readonly reason: string;
}

/** How the plan's checkpoint stores its experts. */
export function layoutOf({ plan, model }: Pick<ModelFacts, "plan" | "model">): LayoutName {
  return plan.model.layout ?? model.publishedLayout;
}

/**
 * The engine merges what it reads into its own layout while it loads. A layout that it cannot read, and a conversion
 * that a plan asks for, are refused by rules.
 */
export function conversionOf(facts: Pick<ModelFacts, "plan" | "model" | "release">): Conversion {
  const reader = `transformers ${facts.release.version}`;
  const what = `the ${layoutOf(facts)} layout of ${facts.model.model_type}`;
  return { needed: false, reason: `${reader} reads ${what} directly, and each rank only its own experts` };
}
