import type { Part } from "../../checkpoint/sort.ts";

/** Names of one group that are still listed one by one. */
const most = 3;

/**
 * Parts under fewer names, for people: what stands in numbered layers becomes one line (`model.layers.*`), and so does
 * a module with many names (`visual.…`).
 */
export function grouped(parts: readonly Part[]): Part[] {
  const layers = merge(parts, (name) => name.slice(0, name.indexOf("*") + 1) || name);
  const modules = new Map<string, number>();
  for (const { pattern } of layers) modules.set(moduleOf(pattern), (modules.get(moduleOf(pattern)) ?? 0) + 1);
  const isLarge = (name: string) => (modules.get(moduleOf(name)) ?? 0) > most;
  return merge(layers, (name) => (isLarge(name) ? `${moduleOf(name)}.…` : name)).sort((a, b) => b.bytes - a.bytes);
}

function moduleOf(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

function merge(parts: readonly Part[], nameOf: (name: string) => string): Part[] {
  const merged = new Map<string, { pattern: string; tensors: number; bytes: number }>();
  for (const { pattern, tensors, bytes } of parts) {
    const name = nameOf(pattern);
    const part = merged.get(name) ?? { pattern: name, tensors: 0, bytes: 0 };
    part.tensors += tensors;
    part.bytes += bytes;
    merged.set(name, part);
  }
  return [...merged.values()];
}
