import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { epSizeAdvice, epSizeAt, expertsAt } from "./ep-size-advice.ts";

/** FSDP cuts what EP left of an expert stack along the experts: a rank without a row fails at load, others hang. */
export const localExperts: Rule<ModelFacts> = {
  name: "mesh-local-experts",
  *check(facts) {
    const { ep_size, fsdp_size, tp_size } = facts.sizes;
    const efsdp = (fsdp_size * tp_size) / ep_size;
    const num_experts = facts.model.sizes.num_experts;
    const local = num_experts / ep_size;
    if (ep_size === 1 || !Number.isInteger(local) || !Number.isInteger(efsdp) || local >= efsdp) return;
    yield report(
      "PLN3005",
      epSizeAt(facts),
      { num_experts, ep_size, local, efsdp, fsdp_size, tp_size },
      {
        ...epSizeAdvice(facts),
        related: [expertsAt(facts)],
      },
    );
  },
};
