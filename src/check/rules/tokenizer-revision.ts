import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { isHubId, mayBeHubId } from "../../plan/hub-id.ts";
import type { PlanFacts } from "../../stack/facts.ts";

/** A tokenizer of the Hub is pinned as the checkpoint is. */
export const dataTokenizer: Rule<PlanFacts> = {
  name: "data-tokenizer",
  *check({ plan }) {
    const { tokenizer, tokenizer_revision: revision } = plan.model;
    if (tokenizer === undefined) {
      if (revision !== undefined)
        yield report("PLN2206", plan.written.at("model.tokenizer_revision"), {}, { variant: "alone" });
    } else if (revision === undefined) {
      if (isHubId(tokenizer)) yield report("PLN2206", plan.written.at("model.tokenizer"), { tokenizer });
    } else if (!mayBeHubId(tokenizer)) {
      yield report("PLN2206", plan.written.at("model.tokenizer_revision"), { tokenizer }, { variant: "folder" });
    }
  },
};
