import { howToMake, packagesOf } from "../run/python.ts";
import { UsageError } from "./exit-code.ts";

/**
 * Looks whether a Python has these releases.
 *
 * @throws UsageError where it has not, with how to make one that `command` can use.
 */
export function requireStack(python: string, versions: Readonly<Record<string, string>>, command: string): void {
  const make = howToMake(versions, command);
  const packages = packagesOf(python, versions);
  if (packages === undefined) throw new UsageError(`${python} is no Python that runs`, make);
  const wrong = packages.find(({ verdict }) => verdict === "fails");
  if (wrong === undefined) return;
  const { name, wanted, found } = wrong;
  throw new UsageError(
    `${python} has ${found === null ? `no ${name}` : `${name} ${found}`}; the plan pins ${wanted}`,
    make,
  );
}
