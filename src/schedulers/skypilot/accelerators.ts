/**
 * GPU → what SkyPilot calls it, the name that most clouds have first. Some clouds tell apart what others sell under one name.
 * From the lists of the clouds in its release 0.14.1.
 */
const names: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "a10g-pcie-24gb": ["A10G"],
  "a100-pcie-40gb": ["A100"],
  "a100-pcie-80gb": ["A100-80GB"],
  "a100-sxm-40gb": ["A100"],
  "a100-sxm-80gb": ["A100-80GB", "A100-80GB-SXM"],
  "a800-sxm-80gb": ["A800"],
  "b200-sxm-180gb": ["B200"],
  "b300-sxm-288gb": ["B300"],
  "gb200-nvl-186gb": ["GB200"],
  "gb300-nvl-288gb": ["GB300"],
  "h100-nvl-94gb": ["H100-NVL"],
  "h100-pcie-80gb": ["H100"],
  "h100-sxm-80gb": ["H100", "H100-80GB", "H100-MEGA", "H100-MEGA-80GB", "H100-SXM"],
  "h200-sxm-141gb": ["H200", "H200-SXM"],
  "l4-pcie-24gb": ["L4"],
  "l40s-pcie-48gb": ["L40S"],
  "rtx4090-pcie-24gb": ["RTX4090"],
  "rtx5090-pcie-32gb": ["RTX5090"],
  "rtxpro6000-pcie-96gb": ["RTXPRO6000"],
};

/** What SkyPilot calls a GPU of planc's, the usual name first; empty where it has no name for it. */
export function acceleratorsOf(gpu: string): readonly string[] {
  return Object.hasOwn(names, gpu) ? (names[gpu] ?? []) : [];
}

/** Every name that SkyPilot has for a GPU of planc's. */
export const accelerators: readonly string[] = [...new Set(Object.values(names).flat())].sort();

/** The name and the number in `NAME:COUNT`; one GPU where it says none. */
export function parts(accelerator: string): { readonly name: string; readonly count: number } {
  const [name = "", count = "1"] = accelerator.split(":");
  return { name, count: Number(count) };
}
