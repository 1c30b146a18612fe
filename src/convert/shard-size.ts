/** Largest file of a converted checkpoint where nothing else is said. */
export const defaultShardSize = "5GB";

const units: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** "5GB" → 5,000,000,000. The unit is decimal, as in every tool that splits checkpoints. */
export function sizeBytes(size: string): number {
  const [, number = "0", unit = ""] = /^([0-9.]+)([KMGT]B)$/.exec(size) ?? [];
  return Math.round(Number(number) * (units[unit] ?? 1));
}
