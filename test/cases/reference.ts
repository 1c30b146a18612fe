import type { CaseConfig } from "../../src/diagnostics/case.ts";
import { plan } from "../plans.ts";

export type Tree = Readonly<Record<string, unknown>>;

/** The reference plan of the tests, with sizes that planc has no note on. */
export const clean = plan({ parallelism: { ep_size: 4 } });

/** Where the toy checkpoint lies, and ranks that its three experts can be shared out to. */
const toyPlan: Tree = {
  model: { config: "model/config.json", checkpoint: "model" },
  cluster: { gpus_per_node: 3 },
  parallelism: { ep_size: 1, fsdp_size: 3 },
};

/** The plan that a case's missing parts are taken from. */
export function referenceFor(config: CaseConfig | undefined): Tree {
  const isToy = config === "toy" || (typeof config === "object" && "of" in config && config.of === "toy");
  return isToy ? merge(clean, toyPlan) : clean;
}

export function merge(base: Tree, over: Tree): Tree {
  const merged = Object.entries(over).map(([key, value]) => {
    const before = base[key];
    return [key, isTree(before) && isTree(value) ? merge(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(merged) };
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
