import type { Plan } from "../../../plan/plan.ts";
import type { Attention } from "../../../stack/facts.ts";
import type { ReleaseFamily, TransformersRelease } from "../releases/release.ts";

/** What computes attention, by what it keeps in memory. */
export type AttentionKind = "eager" | "sdpa" | "flash_attention" | "flex_attention";

/** What the plan asks for, or what the release takes for the family when it is not asked. */
export function attentionOf(plan: Plan, release: TransformersRelease, modelType: string): Attention {
  const usual = defaultAttention(release.family(modelType));
  const implementation = plan.model.attn_implementation ?? usual;
  return { implementation, on_cpu: runsOnCpu(implementation) ? implementation : usual };
}

function defaultAttention(family: ReleaseFamily | undefined): "sdpa" | "eager" {
  return family?.attention.includes("sdpa") ? "sdpa" : "eager";
}

/** Kernels on the Hub are flash attention: the release takes no others for training. */
export function kindOf(implementation: string): AttentionKind {
  if (implementation === "eager" || implementation === "sdpa" || implementation === "flex_attention")
    return implementation;
  return "flash_attention";
}

/** The kernel's repository, without the commit and the function that may follow it. */
export function repositoryOf(implementation: string): string {
  return implementation.replace(/[@:].*$/, "");
}

/** Every value that the release takes for the family and does not quietly replace by another. */
export function acceptedAttention(release: TransformersRelease, modelType: string): string[] {
  const family = release.family(modelType);
  const known = [...release.flashAttention.keys(), ...release.attentionKernels];
  const flash = family?.flashImplementations?.filter((name) => known.includes(name)) ?? known;
  const kinds = family?.attention ?? [];
  return [
    "eager",
    ...(kinds.includes("sdpa") ? ["sdpa"] : []),
    ...(kinds.includes("flash_attention") ? flash : []),
    ...(kinds.includes("flex_attention") ? ["flex_attention"] : []),
  ];
}

/** Whether CPU processes can train with it, as a rehearsal and `train.py --cpu` do. */
function runsOnCpu(implementation: string): boolean {
  return implementation === "eager" || implementation === "sdpa";
}

/** FlashAttention 3 is written in instructions that only this generation has, Hopper. */
const hopperOnly = ["flash_attention_3", "kernels-community/flash-attn3", "kernels-community/vllm-flash-attn3"];

/** Least and most major compute capability; undefined where any GPU of planc's list does. */
export function capabilityOf(
  implementation: string,
  release: TransformersRelease,
): { readonly least: number; readonly most: number } | undefined {
  const name = repositoryOf(implementation);
  if (hopperOnly.includes(name)) return { least: 9, most: 9 };
  const found = [...release.flashAttention].find(([flash, { kernel }]) => flash === name || kernel === name);
  const least = found?.[1].minimum_capability;
  return least == null ? undefined : { least, most: Number.POSITIVE_INFINITY };
}
