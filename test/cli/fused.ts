import { cpSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileWith, headerOf, type Specs } from "../checkpoint/toy.ts";

/** The reference plan's model as somebody converted it: real sizes, in a file that is nearly all hole. */
export function putFused(folder: string): void {
  const experts = Array.from({ length: 48 }, (_, layer): Specs => {
    const module = `model.layers.${layer}.mlp.experts`;
    return {
      [`${module}.gate_proj`]: ["BF16", [128, 768, 2048]],
      [`${module}.up_proj`]: ["BF16", [128, 768, 2048]],
      [`${module}.down_proj`]: ["BF16", [128, 2048, 768]],
    };
  });
  const { text, bytes } = headerOf(Object.assign({}, ...experts));
  const file = join(folder, "model/model.safetensors");
  mkdirSync(join(folder, "model"), { recursive: true });
  cpSync(join(folder, "models/qwen3-30b-a3b/config.json"), join(folder, "model/config.json"));
  writeFileSync(file, fileWith(text));
  truncateSync(file, 8 + text.length + bytes);
}
