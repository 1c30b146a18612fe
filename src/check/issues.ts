import type { Case } from "../diagnostics/case.ts";
import { PLN4070 } from "../diagnostics/catalogue/issues.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Issues } from "../stack/engine.ts";
import type { ModelFacts, PlanFacts } from "../stack/facts.ts";
import { type ConditionedIssue, type Issue, isAffected } from "../stack/issue.ts";
import type { Location } from "../text/location.ts";
import { compareVersions } from "../text/version.ts";

/** A known issue that a plan meets, and the place that meets it. */
export interface MetIssue {
  readonly issue: Issue;
  readonly location: Location;
}

/** Those of the issues that the plan meets with the releases that it names. */
export function meet<F extends PlanFacts>(issues: readonly ConditionedIssue<F>[], facts: F): MetIssue[] {
  return issues.flatMap((issue) => {
    const location = isAffected(issue, facts.plan.versions) ? issue.at(facts) : undefined;
    return location === undefined ? [] : [{ issue, location }];
  });
}

/**
 * What of them a plan is refused for. A release of the engine older than every known one is refused for its age, with the
 * worst of its issues: that says it once.
 */
export function* reportIssues(issues: Issues, facts: ModelFacts): Iterable<Diagnostic> {
  const { engine, plan } = facts;
  const named = versionOf(plan.versions, engine.name);
  const [oldest] = engine.releases;
  if (named !== undefined && oldest !== undefined && compareVersions(named, oldest.version) < 0) return;
  for (const { issue, location } of [...meet(issues.plan, facts), ...meet(issues.model, facts)]) {
    if (issue.bundle !== undefined) continue;
    const release = [issue.package, versionOf(plan.versions, issue.package) ?? []].flat().join(" ");
    yield PLN4070(location, { release, symptom: issue.symptom }, { help: issue.workaround, issue });
  }
}

/** What is known of a plan, stage by stage. */
interface Known {
  readonly plan?: PlanFacts;
  readonly model?: ModelFacts;
}

/** Every known issue that a plan meets, each with its first place: by the conditions, and by the rules that reported one. */
export function issuesMet({ plan, model }: Known, diagnostics: readonly Diagnostic[]): MetIssue[] {
  if (plan === undefined) return [];
  const found = [plan.engine, plan.trainer].flatMap(({ issues }) => [
    ...meet(issues.plan, model ?? plan),
    ...(model === undefined ? [] : meet(issues.model, model)),
    ...diagnostics.flatMap((diagnostic) => {
      const issue = issues.reported.find(({ id }) => id === diagnostic.issue);
      return issue === undefined ? [] : [{ issue, location: diagnostic.location }];
    }),
  ]);
  return [...new Map(found.toReversed().map((met) => [met.issue.id, met])).values()].reverse();
}

/** Every known issue of the engines and trainers, in the order of their ids. */
export function allIssues(stack: readonly { readonly issues: Issues }[]): Issue[] {
  const all = stack.flatMap(({ issues }) => [...issues.plan, ...issues.model, ...issues.reported]);
  return all.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function versionOf(versions: object, name: string): string | undefined {
  const version: unknown = Object.entries(versions).find(([key]) => key === name)?.[1];
  return typeof version === "string" ? version : undefined;
}

export const cases: readonly Case[] = [
  {
    name: "an auxiliary loss that label smoothing leaves out",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, label_smoothing_factor: 0.1 }
#@ [82:85) PLN4070 trl 1.16.0: with label_smoothing_factor the auxiliary loss of the router is logged and not trained on, without a message
#@   help: write router_aux_loss_coef: 0.0, or drop label_smoothing_factor
#@   issue: label-smoothing-drops-router-loss
`,
  },
  {
    name: "none to leave out",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, label_smoothing_factor: 0.1, router_aux_loss_coef: 0.0 }
`,
  },
  {
    name: "a loss that adds it",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, label_smoothing_factor: 0.1, loss_type: dft }
`,
  },
];
