import type { LayoutName } from "../../../plan/types.ts";
import type { Conversion } from "../../../stack/loading.ts";
import type { ModelFacts } from "../facts.ts";

/** Layouts under whose names the engine looks for experts, besides those that only some families have. */
const readable: readonly LayoutName[] = ["gate_up", "per_expert"];

/**
 * The layout that the job has to convert its checkpoint to: the engine merges most layouts into its own while it loads,
 * but of the three stacks it finds none and would train random experts.
 */
export function neededLayout(facts: Pick<ModelFacts, "plan" | "layout">): LayoutName | undefined {
  if (facts.layout !== "fused") return undefined;
  return readable.find((layout) => layout === facts.plan.conversion?.to) ?? readable[0];
}

/** What the plan's checkpoint is converted to, and whether the job does that. */
export function conversionOf(facts: Pick<ModelFacts, "plan" | "model" | "release" | "layout">): Conversion {
  const { plan, model, release } = facts;
  const reader = `transformers ${release.version}`;
  const what = `the ${facts.layout} layout of ${model.model_type}`;
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
