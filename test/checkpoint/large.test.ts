import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inspectCheckpoint } from "../../src/checkpoint/inspect.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { config } from "../plans.ts";
import { besideIn, fileWith, headerOf, outside, type Specs, toy } from "./toy.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-large-"));
afterAll(() => rmSync(folder, { recursive: true }));

const [layers, experts, hidden, width, shards] = [80, 128, 2048, 768, 16];

/** In the order of the toy's own: hidden size, experts, words. */
const sizes = [hidden, experts, 151_936];

/** The real sizes: some 90 GiB that are on no disk, as files that end far behind their headers. */
function write(): number {
  const weight_map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-${String(shard + 1).padStart(5, "0")}-of-${String(shards).padStart(5, "0")}.safetensors`;
    const tensors: Record<string, Specs[string]> = {};
    for (let layer = shard; layer < layers; layer += shards) {
      for (let expert = 0; expert < experts; expert++) {
        const module = `model.layers.${layer}.mlp.experts.${expert}`;
        tensors[`${module}.gate_proj.weight`] = ["BF16", [width, hidden]];
        tensors[`${module}.up_proj.weight`] = ["BF16", [width, hidden]];
        tensors[`${module}.down_proj.weight`] = ["BF16", [hidden, width]];
      }
      for (const [name, [dtype, shape]] of Object.entries({ ...besideIn(layer), ...(layer === 0 ? outside : {}) })) {
        const real = new Map<number, number | undefined>(
          [...[toy.hidden, toy.experts, toy.vocabulary].entries()].map(([at, size]) => [size, sizes[at]]),
        );
        tensors[name] = [dtype, shape.map((size) => real.get(size) ?? size)];
      }
    }
    for (const name of Object.keys(tensors)) weight_map[name] = file;
    const { text, bytes } = headerOf(tensors);
    writeFileSync(join(folder, file), fileWith(text));
    truncateSync(join(folder, file), 8 + text.length + bytes);
  }
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map }, null, 2));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config("Qwen3-30B-A3B", { num_hidden_layers: layers })));
  return Object.keys(weight_map).length;
}

test("31,443 tensors of a checkpoint of many gigabytes are judged by their headers", () => {
  expect(write()).toBe(31_443);
  let bytes = 0;
  let reads = 0;
  const counted = <T extends ReturnType<typeof nodeHost.read>>(result: T): T => {
    reads++;
    bytes += result.ok ? result.bytes.length : 0;
    return result;
  };
  const host = {
    ...nodeHost,
    read: (path: string) => counted(nodeHost.read(path)),
    readAt: (path: string, offset: number, length: number) => counted(nodeHost.readAt(path, offset, length)),
  };
  const { value, diagnostics } = inspectCheckpoint(host, folder);
  expect(diagnostics).toEqual([]);
  expect(value?.layout).toBe("per_expert");
  expect(value?.sets[0]?.layers.every(({ slots }) => slots.every(({ tensors }) => tensors.length === experts))).toBe(
    true,
  );
  // Headers and the index, some 8 MB; each file is read twice at most.
  expect(bytes).toBeLessThan(16_000_000);
  expect(reads).toBeLessThanOrEqual(2 * shards + 8);
});
