import type { Location } from "../text/location.ts";
import { compareVersions } from "../text/version.ts";

/** What a plan that meets an issue gets: other numbers without a word, ranks that wait for ever, an error, or less than it could have. */
export type Effect = "wrong" | "hang" | "failure" | "cost";

/** Whose issue it is, as pip calls it. Not all of them are pinned by plans. */
export type IssuePackage = "transformers" | "trl" | "accelerate" | "torch" | "peft";

/** Something that is known to be wrong with releases of the stack. The one place that holds what is known of it. */
export interface Issue {
  /** Kebab case, never used again for something else. */
  readonly id: string;
  readonly package: IssuePackage;
  /** The first release that has it; left out: none is known to be without. */
  readonly from?: string;
  /** The first release without it; left out: still open. */
  readonly fixed_in?: string;
  readonly effect: Effect;
  /** `refuse` where results are wrong, or a job is sure to hang or to end in an error; else `warn`. */
  readonly severity: "refuse" | "warn";
  /** What happens, in lower case and without a full stop, so that it can follow the package's name and a colon. */
  readonly symptom: string;
  /** Which plans meet it, in words: completes "where …". */
  readonly where: string;
  /** What to do instead: completes a help line. */
  readonly workaround: string;
  /** Where it was reported, or is documented. */
  readonly link?: string;
  /** What a bundle does instead, so that a plan may meet the issue and nothing comes of it. */
  readonly bundle?: string;
}

/** An issue that planc recognises by itself. */
export interface ConditionedIssue<Facts> extends Issue {
  /** The place in the plan that meets it; undefined where the plan does not. */
  at(facts: Facts): Location | undefined;
}

/** An issue that a rule recognises: its diagnostic carries the id. */
export interface ReportedIssue extends Issue {
  /** The rule, by name. */
  readonly rule: string;
}

/** Issues by how they are recognised: from the plan alone, with the model, or by a rule. */
export interface IssuesOf<PlanFacts, ModelFacts> {
  readonly plan: readonly ConditionedIssue<PlanFacts>[];
  readonly model: readonly ConditionedIssue<ModelFacts>[];
  readonly reported: readonly ReportedIssue[];
}

/** Whether a release of the issue's package has it. A package that is not pinned counts as one that has. */
export function isAffected({ package: name, from, fixed_in }: Issue, versions: object): boolean {
  const version = Object.entries(versions).find(([key]) => key === name)?.[1];
  if (typeof version !== "string") return true;
  if (from !== undefined && compareVersions(version, from) < 0) return false;
  return fixed_in === undefined || compareVersions(version, fixed_in) < 0;
}

/** The releases that have it, in words: "from 5.20.0, before 5.23.0". */
export function rangeOf({ from, fixed_in }: Issue): string {
  if (from === undefined) return fixed_in === undefined ? "every release looked at" : `before ${fixed_in}`;
  return fixed_in === undefined ? `from ${from}` : `from ${from}, before ${fixed_in}`;
}

const worstFirst: readonly Effect[] = ["wrong", "hang", "failure", "cost"];

/** The worst for a plan first; of two alike, the one that came later, or else the one that was mended sooner. */
export function compareIssues(a: Issue, b: Issue): number {
  const rank = ({ effect }: Issue) => worstFirst.indexOf(effect);
  const later = compareVersions(b.from ?? "0", a.from ?? "0");
  return rank(a) - rank(b) || later || compareVersions(a.fixed_in ?? "999", b.fixed_in ?? "999");
}
