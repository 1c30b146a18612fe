/**
 * Why an optimizer does not run in the bundle. torch's own run on sharded parameters (compared with one process over
 * fsdp 2 x ep 2); transformers' Adafactor was seen to stop; the rest come from packages that the bundle does not hold.
 */
export type OptimizerVerdict =
  | { readonly variant: "default"; readonly package: string }
  | { readonly variant: "sharded"; readonly why: string }
  | { readonly variant: "device"; readonly device: string };

export const runnable: readonly string[] = ["adamw_torch_fused", "adamw_torch", "sgd", "adagrad", "rmsprop"];

export function optimizerVerdict(name: string): OptimizerVerdict | undefined {
  if (runnable.includes(name)) return undefined;
  if (name === "adafactor")
    return { variant: "sharded", why: "it adds plain tensors to distributed ones at the first step" };
  if (name.endsWith("_layerwise")) return { variant: "sharded", why: "it refuses to run on several processes" };
  if (name.includes("xla")) return { variant: "device", device: "TPUs" };
  if (name.includes("npu")) return { variant: "device", device: "NPUs" };
  return { variant: "default", package: packages.find(([names]) => names.test(name))?.[1] ?? "a package" };
}

/** Names of optimizers that nothing above is said of → the package that they come from; the first row that fits holds. */
export const packages: readonly (readonly [RegExp, string])[] = [
  [/^galore_/, "galore_torch"],
  [/^apollo_/, "apollo_torch"],
  [/lomo$/, "lomo_optim"],
  [/^grokadamw$/, "grokadamw"],
  [/^schedule_free_/, "schedulefree"],
  [/^stable_adamw$/, "torch-optimi"],
  [/^adamw_anyprecision$/, "torchdistx"],
  [/^adamw_torch_/, "torchao"],
  [/./, "bitsandbytes"],
];
