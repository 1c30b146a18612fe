import type { MetIssue } from "../../check/issues.ts";
import { placeOf } from "../../diagnostics/formats/format.ts";
import { type Look, paint, type Role } from "../../diagnostics/formats/look.ts";
import { type Issue, rangeOf } from "../../stack/issue.ts";
import { foldBehind } from "../../text/fold.ts";
import { visible } from "../../text/visible.ts";
import type { Elsewhere } from "./elsewhere.ts";

const roles = { refuse: "error", warn: "warning" } as const satisfies Record<Issue["severity"], Role>;

/** Every issue, with the releases that have it. */
export function listText(issues: readonly Issue[], look: Look): string {
  return `${issues.map((issue) => entry(issue, undefined, look)).join("\n\n")}\n`;
}

/**
 * What a plan meets, what its bundle takes care of, and what other releases would change.
 *
 * @param isWhole whether the plan's model could be looked at too.
 */
export function planText(
  { versions, isWhole }: { readonly versions: object; readonly isWhole: boolean },
  met: readonly MetIssue[],
  others: readonly Elsewhere[],
  look: Look,
): string {
  const stack = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
  const own = met.filter(({ issue }) => issue.bundle === undefined);
  const handled = met.filter(({ issue }) => issue.bundle !== undefined);
  const judged = isWhole ? "this plan" : "the plan alone; its model could not be judged";
  const nothing = `Nothing known of ${stack} stands against ${judged}`;
  const sections = [
    heading(own.length > 0 ? `On ${stack}` : nothing, own, look),
    ...(handled.length === 0 ? [] : [heading("Known, and the bundle does something else", handled, look)]),
    ...others.map((other) => otherwise(other, met, look)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function heading(title: string, met: readonly MetIssue[], look: Look): string {
  return [paint(look, "strong", visible(title)), ...met.map((each) => entry(each.issue, each, look))].join("\n\n");
}

/** What another release would add and take away. */
function otherwise({ package: name, version, met }: Elsewhere, own: readonly MetIssue[], look: Look): string {
  const without = (all: readonly MetIssue[], known: readonly MetIssue[]) =>
    all.map(({ issue }) => issue.id).filter((id) => !known.some(({ issue }) => issue.id === id));
  const [more, less] = [without(met, own), without(own, met)];
  const lines = [
    ...(more.length === 0 ? [] : foldBehind("  also ", more.join(", "), look.width)),
    ...(less.length === 0 ? [] : foldBehind("  not ", less.join(", "), look.width)),
  ];
  const title = lines.length === 0 ? `On ${name} ${version} the same` : `On ${name} ${version}`;
  return [paint(look, "strong", title), ...lines].join("\n");
}

function entry(issue: Issue, met: MetIssue | undefined, look: Look): string {
  const { id, package: name, severity, symptom, where, workaround, bundle, link } = issue;
  const does = bundle === undefined ? { refuse: "refused", warn: "a warning" }[severity] : "taken care of";
  const lines = [
    ...(met === undefined ? [] : [["at", placeOf(met.location)]]),
    ["what", symptom],
    ["where", where],
    ...(bundle === undefined ? [["instead", workaround]] : [["bundle", bundle]]),
    ...(link === undefined ? [] : [["see", link]]),
  ];
  return [
    `${paint(look, bundle === undefined ? roles[severity] : "strong", id)}  ${name}, ${rangeOf(issue)}: ${does}`,
    ...lines.flatMap(([word = "", text = ""]) => foldBehind(`  ${word.padEnd(8)}`, visible(text), look.width)),
  ].join("\n");
}
