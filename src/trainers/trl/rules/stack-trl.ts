import type { Rule } from "../../../check/rule.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { compareVersions, parseVersion } from "../../../text/version.ts";
import { trainerRelease } from "../options/option.ts";

/** The options under `sft` are those of one release. */
export const stackTrl: Rule<PlanFacts> = {
  name: "stack-trl",
  *check({ plan }) {
    const version = plan.versions.trl;
    if (compareVersions(version, trainerRelease) === 0 && parseVersion(version).suffix === "") return;
    const location = plan.written.at("stack.versions.trl");
    yield report(
      "PLN4002",
      location,
      { version, known: trainerRelease },
      { fixes: [replaceWith(location, trainerRelease)] },
    );
  },
};
