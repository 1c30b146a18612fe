import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { compareVersions, parseVersion } from "../../../text/version.ts";
import type { PlanFacts } from "../facts.ts";

/** The options under `sft` are those of one release. */
export const stackTrl: Rule<PlanFacts> = {
  name: "stack-trl",
  *check(facts) {
    const { plan } = facts;
    const version = plan.versions.trl;
    if (compareVersions(version, facts.task.release) === 0 && parseVersion(version).suffix === "") return;
    const location = plan.written.at("stack.versions.trl");
    yield report(
      "PLN4002",
      location,
      { version, known: facts.task.release },
      { fixes: [replaceWith(location, facts.task.release)] },
    );
  },
};
