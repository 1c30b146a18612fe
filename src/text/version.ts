/** A release number taken apart: "5.23.0rc1" → [5, 23, 0] and "rc1". Missing parts are 0. */
export interface Version {
  readonly numbers: readonly number[];
  /** Of a pre-release or a local build; empty for a release. */
  readonly suffix: string;
}

export function parseVersion(text: string): Version {
  const [, digits = "", suffix = ""] = /^(\d+(?:\.\d+)*)(.*)$/.exec(text) ?? [];
  const numbers = digits.split(".").map(Number);
  return { numbers: [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0], suffix };
}

/** Negative when `a` is older than `b`; suffixes do not count. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a).numbers;
  const right = parseVersion(b).numbers;
  return left.map((number, index) => number - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Whether two spellings name one release: "5.24" is 5.24.0; a build of it, "+cu130", is too, and nothing else with a suffix. */
export function sameRelease(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => /^([\d.]+?)(?:\.0)*(?:\+.*)?$/.exec(text)?.[1]);
  return left !== undefined && left === right;
}

/** Whether two versions share their first two numbers: patch releases of one release. */
export function sameMinor(a: string, b: string): boolean {
  const [left, right] = [parseVersion(a).numbers, parseVersion(b).numbers];
  return left[0] === right[0] && left[1] === right[1];
}

/** Whether the suffix names something that came before the release: rc1, .dev0, b2. */
export function isPrerelease(version: string): boolean {
  return /^[.-]?(a|b|c|rc|alpha|beta|dev)/.test(parseVersion(version).suffix);
}
