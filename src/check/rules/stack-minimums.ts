import { replaceWith } from "../../diagnostics/fix.ts";
import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { PlanFacts } from "../../stack/facts.ts";
import { compareVersions, isPrerelease, sameMinor } from "../../text/version.ts";

/** torch and accelerate against what the engine and the trainer need, and against what was tested. */
export const stackMinimums: Rule<PlanFacts> = {
  name: "stack-minimums",
  *check({ plan, release, task, tested: known }) {
    const minimums = [...release.minimums, ...task.minimums];
    for (const name of ["torch", "accelerate"] as const) {
      const version = plan.versions[name];
      const tested = known[name];
      const location = plan.written.at(["stack", "versions", name]);
      const fixes = [replaceWith(location, tested)];
      const failed = minimums.find(
        (minimum) =>
          minimum.package === name && (minimum.when?.(plan) ?? true) && compareVersions(version, minimum.version) < 0,
      );
      if (failed !== undefined) {
        yield report(
          "PLN4003",
          location,
          { package: name, version, why: failed.why },
          { fixes, help: `write ${name}: ${tested}` },
        );
      } else if (!sameMinor(version, tested) || isPrerelease(version)) {
        yield report("PLN4004", location, { package: name, version, tested }, { fixes });
      }
    }
  },
};
