import type { Part } from "../../checkpoint/sort.ts";

/** Lines that a reader takes in; what comes to more is grouped further. */
const most = 12;

/** Names of one module that are still listed one by one. */
const few = 3;

/**
 * Parts under fewer names, for people: the blocks of numbered layers (`model.layers.*.self_attn`), or where these are
 * many the layers (`model.layers.*`), and modules with many names (`model.visual.…`).
 */
export function grouped(parts: readonly Part[]): Part[] {
  const blocks = merge(parts, (name) => headOf(name, 1));
  if (blocks.length <= most) return bySize(blocks);
  const layers = merge(parts, (name) => headOf(name, 0));
  if (layers.length <= most) return bySize(layers);
  const modules = merge(layers, (name) => shortened(name, layers, 2));
  return bySize(modules.length <= most ? modules : merge(layers, (name) => shortened(name, layers, 1)));
}

/** A name, or the module that it shares with several others. */
function shortened(name: string, all: readonly Part[], depth: number): string {
  const module = moduleOf(name, depth);
  const alike = all.filter(({ pattern }) => moduleOf(pattern, depth) === module).length;
  return alike > few ? `${module}.…` : name;
}

/** A name up to its first number, and as many parts behind that. */
function headOf(name: string, parts: number): string {
  const at = name.indexOf("*");
  if (at === -1) return name;
  const behind = name
    .slice(at + 2)
    .split(".")
    .slice(0, parts);
  return [name.slice(0, at + 1), ...behind].filter((part) => part !== "").join(".");
}

function bySize(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => b.bytes - a.bytes);
}

function moduleOf(name: string, depth: number): string {
  return name.split(".").slice(0, depth).join(".");
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
