import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { orList } from "../../../text/words.ts";
import { acceptedAttention, capabilityOf, kindOf, repositoryOf } from "../attention/implementation.ts";

/** What computes attention must be there for the family, on the GPU, and in the format that the plan computes in. */
export const attention: Rule<ModelFacts> = {
  name: "attention",
  *check({ plan, release, model, cluster }) {
    const name = plan.model.attn_implementation;
    if (name === undefined) return;
    const location = plan.written.at("model.attn_implementation");
    const accepted = acceptedAttention(release, model.model_type);
    if (!accepted.includes(repositoryOf(name))) {
      const values = { name, model_type: model.model_type, release: release.version, accepted: orList(accepted) };
      const flash =
        kindOf(name) === "flash_attention" ? accepted.find((one) => kindOf(one) === "flash_attention") : undefined;
      const instead = flash ?? accepted[1] ?? "eager";
      yield report("PLN2022", location, values, { help: `write ${instead}`, fixes: [replaceWith(location, instead)] });
      return;
    }
    const { capability, name: gpu } = cluster.gpu;
    const range = capabilityOf(name, release);
    if (range !== undefined && capability !== undefined) {
      const major = Math.floor(capability);
      if (major < range.least || major > range.most) {
        const needed = range.least === range.most ? `${range.least}.x` : `${range.least}.0 or more`;
        yield report("PLN2023", location, { name, needed, gpu, capability: capability.toFixed(1) });
      }
    }
    if (kindOf(name) === "flash_attention" && plan.precision.compute === "float32") {
      yield report("PLN2024", location, { name });
    }
  },
};

export const examples: Examples = {
  PLN2022: { config: "gpt-oss-20b" },
};
