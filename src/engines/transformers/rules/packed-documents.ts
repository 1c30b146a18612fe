import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { verdictOn } from "../attention/documents.ts";
import type { ModelFacts } from "../facts.ts";

/** Documents of a packed row that the release cannot keep apart, or that nobody has judged. */
export const packedDocuments: Rule<ModelFacts> = {
  name: "packed-documents",
  *check({ plan, model, release, rows, attention }) {
    const option = rows.packed_by;
    if (option === undefined) return;
    const verdict = verdictOn(release, model.model_type, attention.implementation);
    if (verdict === "alone" || verdict === "masks") return;
    const values = { option, model_type: model.model_type, release: release.version };
    const variant = verdict === "leaks" ? "default" : verdict === "stops" ? "stops" : "unknown";
    yield report("PLN4050", optionAt(plan, option), values, { variant });
  },
};
