import type { LayoutName } from "../../../plan/types.ts";
import type { ModelFacts } from "../../../stack/facts.ts";

/** What becomes of the plan's checkpoint before the job loads it, and why. */
export interface Conversion {
  /** Whether the job converts it before it trains. */
  readonly needed: boolean;
  /** The layout that `convert.py` writes; null where the bundle has none. */
  readonly to: LayoutName | null;
  /** What the programs load. */
  readonly checkpoint: string;
  readonly reason: string;
}

/** Layouts under whose names the engine looks for experts, besides those that only some families have. */
const readable: readonly LayoutName[] = ["gate_up", "per_expert"];

/** How the plan's checkpoint stores its experts. */
export function layoutOf({ plan, model }: Pick<ModelFacts, "plan" | "model">): LayoutName {
  return plan.model.layout ?? model.publishedLayout;
}

/**
 * The layout that the job has to convert its checkpoint to: the engine merges most layouts into its own while it loads,
 * but of the three stacks it finds none and would train random experts.
 */
export function neededLayout(facts: Pick<ModelFacts, "plan" | "model">): LayoutName | undefined {
  if (layoutOf(facts) !== "fused") return undefined;
  return readable.find((layout) => layout === facts.plan.conversion?.to) ?? readable[0];
}

/** What the plan's checkpoint is converted to, and whether the job does that. */
export function conversionOf(facts: Pick<ModelFacts, "plan" | "model" | "release">): Conversion {
  const { plan, model, release } = facts;
  const reader = `transformers ${release.version}`;
  const what = `the ${layoutOf(facts)} layout of ${model.model_type}`;
  const needed = neededLayout(facts);
  const { checkpoint } = plan.model;
  if (needed !== undefined) {
    const reason = `${reader} does not read ${what}: launch.sh converts it to ${needed} before it trains`;
    return { needed: true, to: needed, checkpoint: `${checkpoint.replace(/\/+$/, "")}-${needed}`, reason };
  }
  const direct = `${reader} reads ${what} directly, and each rank only its own experts`;
  const to = plan.conversion?.to ?? null;
  const reason =
    to === null ? direct : `${direct}; convert.py stores it as ${to} for other tools, the job does not need it`;
  return { needed: false, to, checkpoint, reason };
}
