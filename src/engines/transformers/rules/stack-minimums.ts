import type { Rule } from "../../../check/rule.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { testedVersions } from "../../../stack/tested.ts";
import { compareVersions, isPrerelease, sameMinor } from "../../../text/version.ts";

interface Minimum {
  readonly version: string;
  readonly why: string;
  /** Left out: always. */
  readonly when?: (facts: PlanFacts) => boolean;
}

/** What transformers 5.23 and TRL 1.16 ask for themselves: their own checks and package metadata. */
const minimums: Readonly<Record<"torch" | "accelerate", readonly Minimum[]>> = {
  torch: [{ version: "2.8", why: "transformers 5.23 shards with FSDP2 from torch 2.8" }],
  accelerate: [
    { version: "1.10.1", why: "TRL 1.16.0 needs accelerate 1.10.1" },
    {
      version: "1.12",
      why: "the trainer needs accelerate 1.12 for tp_size above 1",
      when: ({ plan }) => plan.parallelism.tp_size > 1,
    },
  ],
};

/** torch and accelerate against what the engine and the trainer need, and against what was tested. */
export const stackMinimums: Rule<PlanFacts> = {
  name: "stack-minimums",
  *check(facts) {
    const { plan } = facts;
    for (const name of ["torch", "accelerate"] as const) {
      const version = plan.versions[name];
      const tested = testedVersions[name];
      const location = plan.written.at(["stack", "versions", name]);
      const fixes = [replaceWith(location, tested)];
      const failed = minimums[name].find(
        (minimum) => (minimum.when?.(facts) ?? true) && compareVersions(version, minimum.version) < 0,
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
