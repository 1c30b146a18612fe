import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN3007 = diagnostic("PLN3007", {
  severity: "error",
  messages: {
    default: text`ep_size ${"ep_size"}: transformers ${"release"} has no base_model_ep_plan for ${"model_type"}`,
  },
  help: "set ep_size: 1 (FSDP alone), or write the rules under base_model_ep_plan",
});

/** Without rules for the family, the engine has nothing to shard experts by. */
export const epNeedsPlan: Rule<ModelFacts> = {
  name: "mesh-ep-needs-plan",
  *check({ plan, model, sizes, epPlan, release }) {
    if (sizes.ep_size === 1 || Object.keys(epPlan).length > 0) return;
    yield PLN3007(plan.written.at("parallelism.ep_size"), {
      model_type: model.model_type,
      ep_size: sizes.ep_size,
      release: release.version,
    });
  },
};

export const pages = {
  PLN3007: {
    title: "no expert-parallel plan for the family",
    docs: `The engine shards experts by the rules of the family. Without any it stops with an error after the job has started.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 8 }                    # a family without an expert-parallel plan
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 1 }
\`\`\``,
  },
} satisfies Pages;
