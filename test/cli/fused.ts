import { cpSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { besideIn, fileWith, headerOf, outside, type Specs, toy } from "../checkpoint/toy.ts";

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
  const beside = Object.assign({}, outside, ...experts.map((_, layer) => besideIn(layer)));
  const real = new Map([
    [toy.hidden, 2048],
    [toy.experts, 128],
    [toy.vocabulary, 151_936],
  ] as [number, number][]);
  const sized = Object.entries(beside as Specs).map(([name, [dtype, shape]]) => [
    name,
    [dtype, shape.map((size) => real.get(size) ?? size)],
  ]);
  const { text, bytes } = headerOf(Object.assign(Object.fromEntries(sized), ...experts));
  const file = join(folder, "model/model.safetensors");
  mkdirSync(join(folder, "model"), { recursive: true });
  cpSync(join(folder, "models/qwen3-30b-a3b/config.json"), join(folder, "model/config.json"));
  writeFileSync(file, fileWith(text));
  truncateSync(file, 8 + text.length + bytes);
}
