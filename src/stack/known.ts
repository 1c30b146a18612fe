/** Releases that planc has read, and the others. */
import type { VersionsSection } from "../plan/types.ts";
import { compareVersions, isPrerelease, sameMinor, sameRelease } from "../text/version.ts";
import type { PlanFacts } from "./facts.ts";

/** A release of an engine or a trainer. */
export interface Versioned {
  readonly version: string;
}

/** What planc knows of a release of the engine or the trainer. */
export interface Standing<R> {
  /** `patch`: none of those that are known, and neither older nor newer than all of them. */
  readonly kind: "known" | "older" | "prerelease" | "newer" | "patch";
  /** Whether `stack.untested` lets it through: nothing that is older than all that is known, and known to be wrong. */
  readonly mayBeTried: boolean;
  /** The release that it is judged by: the one that it is, else one of the same minor, else the newest. */
  readonly by: R;
}

/** @param releases ascending. */
export function standingOf<R extends Versioned>(
  { name, releases }: { readonly name: string; readonly releases: readonly R[] },
  versions: VersionsSection,
): Standing<R> {
  const version = versionIn(versions, name) ?? "";
  const [oldest, newest] = [releases[0], releases.at(-1)];
  if (oldest === undefined || newest === undefined) throw new Error(`no release of ${name} is known`);
  const known = releases.find((release) => sameRelease(release.version, version));
  if (known !== undefined) return { kind: "known", mayBeTried: true, by: known };
  const by = releases.findLast((release) => sameMinor(release.version, version)) ?? newest;
  const order = compareVersions(version, oldest.version);
  const isBefore = order < 0 || (order === 0 && isPrerelease(version));
  return { kind: kindOf(version, oldest.version, newest.version), mayBeTried: !isBefore, by };
}

function kindOf(version: string, oldest: string, newest: string): Standing<unknown>["kind"] {
  if (compareVersions(version, oldest) < 0) return "older";
  if (isPrerelease(version)) return "prerelease";
  return compareVersions(version, newest) > 0 && !sameMinor(version, newest) ? "newer" : "patch";
}

/** Whether a package that the engine and the trainer stand on is in a release that planc was tested with. */
export function isTested(version: string, tested: string): boolean {
  return sameMinor(version, tested) && !isPrerelease(version);
}

/** The version that a plan names for a package; undefined where it names none. */
export function versionIn(versions: VersionsSection, name: string): string | undefined {
  return Object.entries(versions).find(([each]) => each === name)?.[1];
}

/**
 * Package → the release that stands in for one that planc has not read or was not tested with, where the plan lets it;
 * empty where all of them are known, and where the plan does not ask.
 */
export function standIns({
  plan,
  engine,
  trainer,
  tested,
}: Pick<PlanFacts, "plan" | "engine" | "trainer" | "tested">): Readonly<Record<string, string>> {
  if (!plan.stack.untested) return {};
  const read = [engine, trainer].flatMap((each): [string, string][] => {
    if (versionIn(plan.versions, each.name) === undefined) return [];
    const { kind, mayBeTried, by } = standingOf<Versioned>(each, plan.versions);
    return kind === "known" || !mayBeTried ? [] : [[each.name, by.version]];
  });
  const others = (["accelerate", "torch"] as const)
    .filter((name) => !isTested(plan.versions[name], tested[name]))
    .map((name): [string, string] => [name, tested[name]]);
  return Object.fromEntries([...read, ...others]);
}

/** Whether the job rehearses before it trains: it runs on what planc was not tested with. */
export function isRehearsed(facts: Parameters<typeof standIns>[0]): boolean {
  return Object.keys(standIns(facts)).length > 0;
}
