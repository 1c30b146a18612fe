import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { PlanFacts } from "../../stack/facts.ts";

/** `org/name`, as the Hub spells it; anything else that `from_pretrained` takes is a folder. */
const hubId = /^[A-Za-z0-9][\w.-]*\/[\w.-]+$/;
const commit = /^[0-9a-f]{7,40}$/;

/** A Hub checkpoint should be pinned to a commit, so that every run loads the same bytes. */
export const checkpointRevision: Rule<PlanFacts> = {
  name: "checkpoint-revision",
  *check({ plan }) {
    const { checkpoint, revision } = plan.model;
    const onHub = hubId.test(checkpoint);
    if (onHub && revision === undefined) {
      yield report("PLN4010", plan.written.at("model.checkpoint"), { checkpoint });
    } else if (onHub && revision !== undefined && !commit.test(revision)) {
      yield report("PLN4010", plan.written.at("model.revision"), { revision }, { variant: "moving" });
    } else if (!onHub && revision !== undefined) {
      yield report("PLN4011", plan.written.at("model.revision"), { checkpoint });
    }
  },
};
