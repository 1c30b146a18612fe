import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { compareVersions, isPrerelease, sameMinor } from "../../../text/version.ts";
import type { PlanFacts } from "../facts.ts";
import { knownIssues } from "../releases/known-issues.ts";

/** One release for now; the others by name, with what is known about them. */
export const stackTransformers: Rule<PlanFacts> = {
  name: "stack-transformers",
  *check({ plan, tested }) {
    const known = tested.transformers;
    const version = plan.versions.transformers;
    const location = plan.written.at("stack.versions.transformers");
    const fixes = [replaceWith(location, known)];
    if (sameMinor(version, known)) {
      if (isPrerelease(version))
        yield report("PLN4001", location, { version, known }, { variant: "prerelease", fixes });
      return;
    }
    if (compareVersions(version, known) > 0) {
      yield report("PLN4001", location, { version, known }, { variant: "newer", fixes });
      return;
    }
    const why = knownIssues.find(({ from }) => compareVersions(version, from) >= 0)?.issue ?? "it is too old";
    yield report("PLN4001", location, { version, why }, { fixes });
  },
};
