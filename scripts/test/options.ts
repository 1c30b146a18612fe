/** What `scripts/test.ts` itself is told; every other argument is vitest's. */
export interface OwnOptions {
  /** Only tests that start no Python. */
  readonly light: boolean;
  /** Products whole, in place of a sample of each. */
  readonly conformance: boolean;
  /** A test that is skipped for want of what npm or pip can install is a failure. */
  readonly complete: boolean;
}

const names = ["light", "conformance", "complete"] as const;

export function ownOptions(args: readonly string[]): { readonly own: OwnOptions; readonly rest: readonly string[] } {
  const given = (name: string) => args.includes(`--${name}`);
  const own = { light: given("light"), conformance: given("conformance"), complete: given("complete") };
  return { own, rest: args.filter((arg) => !names.some((name) => arg === `--${name}`)) };
}
