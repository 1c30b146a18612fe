import { reportIssues } from "../../../check/issues.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { issues } from "../../../generated/issues/trl.ts";
import type { ModelFacts } from "../facts.ts";

/** The known issues that the trainer's options decide, and that no other rule has words of its own for. */
export const knownTrainerIssues: Rule<ModelFacts> = {
  name: "known-trainer-issues",
  check: (facts) => reportIssues(issues, facts),
};
