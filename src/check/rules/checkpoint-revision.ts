import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { isHubId, mayBeHubId } from "../../plan/hub-id.ts";
import type { PlanFacts } from "../../stack/facts.ts";

const commit = /^[0-9a-f]{7,40}$/;

/** A Hub checkpoint should be pinned to a commit, so that every run loads the same bytes. */
export const checkpointRevision: Rule<PlanFacts> = {
  name: "checkpoint-revision",
  *check({ plan }) {
    const { checkpoint, revision } = plan.model;
    if (revision === undefined) {
      if (isHubId(checkpoint)) yield report("PLN4010", plan.written.at("model.checkpoint"), { checkpoint });
    } else if (!mayBeHubId(checkpoint)) {
      yield report("PLN4011", plan.written.at("model.revision"), { checkpoint });
    } else if (!commit.test(revision)) {
      yield report("PLN4010", plan.written.at("model.revision"), { revision }, { variant: "moving" });
    }
  },
};
