import { reportIssues } from "../../../check/issues.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { issues } from "../../../generated/issues/transformers.ts";
import type { ModelFacts } from "../facts.ts";

/** The known issues that no other rule has words of its own for. */
export const knownIssues: Rule<ModelFacts> = {
  name: "known-issues",
  check: (facts) => reportIssues(issues, facts),
};
