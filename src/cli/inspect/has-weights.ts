import type { Host } from "../../host.ts";

/** Whether a folder has files of weights, whole ones or not, or an index that speaks of some. */
export function hasWeights(host: Host, folder: string): boolean {
  return host.list(folder).some((name) => /\.(safetensors|bin|pth?|gguf)$|\.index\.json$/.test(name));
}
