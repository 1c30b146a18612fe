import { extraPackagesOf, howToMake, packagesOf, pinsBeside } from "../run/python.ts";
import type { Package } from "../stack/loading.ts";
import { UsageError } from "./exit-code.ts";

/**
 * Looks whether a Python has these releases, and these packages besides.
 *
 * @throws UsageError where it has not, with how to make one that `command` can use.
 */
export function requireStack(
  python: string,
  versions: Readonly<Record<string, string>>,
  command: string,
  extra: readonly Package[] = [],
): void {
  const pins = pinsBeside(versions, extra);
  const make = howToMake(pins, command, extra);
  const packages = packagesOf(python, pins);
  if (packages === undefined) throw new UsageError(`${python} is no Python that runs`, make);
  const wrong = [...packages, ...extraPackagesOf(python, extra)].find(({ verdict }) => verdict === "fails");
  if (wrong === undefined) return;
  const { name, wanted, found } = wrong;
  throw new UsageError(
    `${python} has ${found === null ? `no ${name}` : `${name} ${found}`}; the plan pins ${wanted}`,
    make,
  );
}
