import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { PlanFacts } from "../../stack/facts.ts";

/** `org/name`, as the Hub spells it; anything else is a folder. */
const hubId = /^[A-Za-z0-9][\w.-]*\/[\w.-]+$/;

/** A tokenizer of the Hub is pinned as the checkpoint is. */
export const dataTokenizer: Rule<PlanFacts> = {
  name: "data-tokenizer",
  *check({ plan }) {
    const { tokenizer, tokenizer_revision: revision } = plan.model;
    if (tokenizer === undefined) {
      if (revision !== undefined)
        yield report("PLN2206", plan.written.at("model.tokenizer_revision"), {}, { variant: "alone" });
    } else if (hubId.test(tokenizer)) {
      if (revision === undefined) yield report("PLN2206", plan.written.at("model.tokenizer"), { tokenizer });
    } else if (revision !== undefined) {
      yield report("PLN2206", plan.written.at("model.tokenizer_revision"), { tokenizer }, { variant: "folder" });
    }
  },
};
