/** A step's bytes from its begin to its end: the same program as the peak's, so its fullest moment is the peak. */
import { expect, test } from "vitest";
import type { Checked } from "../../src/compiler.ts";
import { type Category, categories } from "../../src/estimate/step/categories.ts";
import type { Place } from "../../src/estimate/step/curve.ts";
import { checkTree, config } from "../plans.ts";

const total = (bytes: Place["begin"]) => categories.reduce((sum, category) => sum + bytes[category], 0);

const qwen = config("Qwen3-30B-A3B");
const cases: Readonly<Record<string, Parameters<typeof checkTree>>> = {
  "layers that are alike": [],
  "two micro-batches, of which the first leaves gradients": [
    { cluster: { gpu: "h200-sxm-141gb" }, sft: { gradient_accumulation_steps: 2 } },
    qwen,
  ],
  "nothing recomputed": [{ recompute: "none", sft: { max_length: 1024 } }, qwen],
  "replicas, and gradients summed in another format": [
    {
      cluster: { nodes: 2, gpu: "h200-sxm-141gb" },
      parallelism: { dp_replicate_size: 2 },
      precision: { parameters: "bfloat16", reduce: "float32" },
    },
    qwen,
  ],
  "one GPU, on which nothing is gathered or reduced": [
    {
      cluster: { gpu: "h200-sxm-141gb", gpus_per_node: 1 },
      parallelism: { ep_size: 1, fsdp_size: 1 },
      precision: { parameters: "bfloat16" },
      recompute: "full",
    },
    { ...qwen, num_hidden_layers: 8 },
  ],
  "layers of kinds that alternate": [{}, config("gpt-oss-20b")],
};

function curveOf(args: Parameters<typeof checkTree>): { facts: Checked; curve: readonly Place[] } {
  const { value, diagnostics } = checkTree(...args);
  if (value?.memory.curve == null) throw new Error(JSON.stringify(diagnostics.map(({ message }) => message)));
  return { facts: value, curve: value.memory.curve };
}

test.each(Object.entries(cases))("%s", (_, args) => {
  const { facts, curve } = curveOf(args);
  const { memory, model } = facts;
  const tops = curve.map(({ fullest }) => total(fullest));
  const most = Math.max(...tops);
  // Each of nine categories is rounded by itself.
  expect(Math.abs(most - (memory.peak?.allocated ?? 0))).toBeLessThan(9);
  expect(curve[tops.indexOf(most)]?.name).toBe(memory.peak?.moment);
  for (const { begin, fullest } of curve) {
    for (const category of categories) expect(begin[category]).toBeGreaterThanOrEqual(0);
    expect(total(fullest)).toBeGreaterThanOrEqual(total(begin));
    expect([fullest.parameters, fullest.optimizer]).toEqual([memory.parameters, memory.optimizer].map(Math.round));
  }
  const first = curve[0] as Place;
  const held: readonly Category[] = ["parameters", "optimizer", "work"];
  expect(total(first.begin)).toBe(held.reduce((sum, category) => sum + first.begin[category], 0));
  // All gradients wait for the optimizer at the end, as many bytes as the lock says.
  expect(Math.abs((curve.at(-1)?.begin.gradients ?? 0) - memory.gradients)).toBeLessThan(1e-3 * memory.gradients);
  const layers = (way: string) =>
    curve
      .filter(({ name }) => name.startsWith(`the ${way} pass of layer`))
      .reduce((sum, place) => sum + place.layers, 0);
  const batches = Math.min(2, curve.filter(({ name }) => name === "the forward pass of the embedding").length);
  expect([layers("forward"), layers("backward")]).toEqual(Array(2).fill(batches * model.sizes.num_hidden_layers));
});

test("activations pile up as much with each layer, and the head's logits are the head's", () => {
  const { curve } = curveOf([]);
  const at = (name: string) => curve.find((place) => place.name === name) as Place;
  const kept = (layer: number) => at(`the forward pass of layer ${layer}`).begin.activations;
  const each = kept(1) - kept(0);
  expect(each).toBeGreaterThan(2 * 4096 * 2048);
  expect(Math.abs((kept(46) - kept(1)) / each - 45)).toBeLessThan(1e-6);
  expect(at("the backward pass of the loss head").fullest.head).toBeGreaterThan(151_936 * 2048 * 4);
  expect(at("the forward pass of layer 1").fullest.head).toBe(0);
});
