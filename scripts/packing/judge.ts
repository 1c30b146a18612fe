import { spawnSync } from "node:child_process";
import { families } from "../../src/model/families.ts";
import { root } from "../root.ts";

/** Ways to compute attention that `judge_packing.py` has without a GPU. */
export const implementations = ["eager", "sdpa", "flash_attention_2", "flex_attention"] as const;

/** What was found with a release: family → implementation → verdict. */
export interface Verdicts {
  readonly transformers: string;
  readonly torch: string;
  readonly families: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Judges families with the release that a Python has, each by the toy of its record and in the class that trains.
 *
 * @throws Error with what the program wrote, where it failed.
 */
export function judge(python: string, types: readonly string[], stderr: "pipe" | "inherit" = "pipe"): Verdicts {
  const toys = types.flatMap((type) => {
    const family = families.get(type);
    if (family?.architecture === undefined) return [];
    return [[type, { config: family.toy, architecture: family.architecture }] as const];
  });
  const found = spawnSync(python, [`${root}scripts/judge_packing.py`], {
    input: JSON.stringify({ implementations, families: Object.fromEntries(toys) }),
    encoding: "utf8",
    stdio: ["pipe", "pipe", stderr],
    maxBuffer: 2 ** 28,
  });
  if (found.status !== 0) throw new Error(found.stderr ?? found.error?.message ?? `${python} failed`);
  return JSON.parse(found.stdout);
}
