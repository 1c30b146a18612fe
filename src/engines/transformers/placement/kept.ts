import type { TransformersRelease } from "../releases/release.ts";

/** Of which parameters, by their names in memory, a release keeps a family in float32 whatever it is loaded in. */
export function keptInFloat32(release: TransformersRelease, modelType: string): (name: string) => boolean {
  const patterns = release.family(modelType)?.keptInFloat32 ?? [];
  if (patterns.length === 0) return () => false;
  const kept = new RegExp(patterns.map((pattern) => pattern.replaceAll("*", ".*")).join("|"));
  return (name) => kept.test(name);
}
