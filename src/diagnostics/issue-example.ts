import type { Case } from "./case.ts";

/** A plan that meets a known issue, or one beside it that does not: pure data, as cases are. */
export interface IssueExample extends Pick<Case, "plan" | "config" | "release"> {
  /** Taken for the config's own, for families whose published config is not among the fixtures. */
  readonly model_type?: string;
  /** Releases in place of those of the reference plan. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** Issue's id → a plan that meets it, and its neighbour that does not. Stands beside the issues as `examplesOfIssues`. */
export type IssueExamples = Readonly<Record<string, { readonly meets: IssueExample; readonly misses: IssueExample }>>;
