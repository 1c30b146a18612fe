import type { MetIssue } from "../../check/issues.ts";
import type { Issue } from "../../stack/issue.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** Every issue, as one object. */
export function listJson(issues: readonly Issue[]): string {
  return text({ version: 1, issues: issues.map(record) });
}

/** What a plan meets, as one object; lines and characters from zero, as editors count. */
export function planJson(
  { versions, isWhole }: { readonly versions: object; readonly isWhole: boolean },
  met: readonly MetIssue[],
  others: readonly Elsewhere[],
): string {
  return text({
    version: 1,
    versions,
    // Whether the plan's model could be looked at too.
    whole: isWhole,
    issues: met.map(placed),
    elsewhere: others.map((other) => ({
      package: other.package,
      version: other.version,
      issues: other.met.map(placed),
    })),
  });
}

function placed({ issue, location: { file, range } }: MetIssue) {
  return { ...record(issue), file, range };
}

function record(issue: Issue) {
  const { id, package: name, effect, severity, symptom, where, workaround } = issue;
  const { from = null, fixed_in = null, bundle = null, link = null } = issue;
  return { id, package: name, from, fixed_in, effect, severity, symptom, where, workaround, bundle, link };
}

function text(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
