import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { optionAt } from "../../../trainers/trl/options/written.ts";
import { packedBy, verdictOn } from "../attention/documents.ts";
import { attentionOf } from "../attention/implementation.ts";

/** Documents of a packed row that the release cannot keep apart, or that nobody has judged. */
export const packedDocuments: Rule<ModelFacts> = {
  name: "packed-documents",
  *check({ plan, model, release }) {
    const option = packedBy(plan);
    if (option === undefined) return;
    const verdict = verdictOn(release.version, model.model_type, attentionOf(plan, release, model.model_type));
    if (verdict === "alone" || verdict === "masks") return;
    const values = { option, model_type: model.model_type, release: release.version };
    const variant = verdict === "leaks" ? "default" : verdict === "stops" ? "stops" : "unknown";
    yield report("PLN4050", optionAt(plan, option), values, { variant });
  },
};
