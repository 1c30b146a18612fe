import { Graph } from "@dagrejs/graphlib";
import { expect, test } from "vitest";
import { dot } from "../../src/graph/formats/dot.ts";
import { mermaid } from "../../src/graph/formats/mermaid.ts";
import { lower } from "../../src/graph/lower.ts";
import { ordered } from "../../src/graph/order.ts";
import { planc } from "../cli/io.ts";
import { checkTree, config, plan } from "../plans.ts";

const families = [
  "DeepSeek-V2-Lite",
  "DeepSeek-V3",
  "GLM-4.5-Air",
  "Mixtral-8x7B-v0.1",
  "OLMoE-1B-7B-0924",
  "Qwen1.5-MoE-A2.7B",
  "Qwen3-30B-A3B",
];
const wide = {
  cluster: { nodes: 128, gpus_per_node: 8 },
  parallelism: { ep_size: 8, fsdp_size: 64, dp_replicate_size: 16 },
};
const small = { cluster: { gpu: { name: "huge", memory_gb: 4000 } }, parallelism: { ep_size: 4, fsdp_size: 8 } };

function checked(...tree: Parameters<typeof checkTree>) {
  const { value, diagnostics } = checkTree(...tree);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value;
}

test.each(families)("the tensor graph of %s leads from every stored name to every parameter, once", (name) => {
  // The checkpoints that are published quantised are refused; their tables are the same without.
  const model = config(name, { quantization_config: undefined, vocab_size: 131072, pad_token_id: 0 });
  const { value, diagnostics } = checkTree(small, model);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const placed = value?.placed ?? [];
  const { tensors } = lower(checked(small, model));
  const names = (kind: string) =>
    tensors.nodes().flatMap((id) => (tensors.node(id).kind === kind ? [tensors.node(id).label] : []));
  expect(names("parameter")).toEqual(placed.map(({ parameter }) => parameter.name));
  expect(names("stored").sort()).toEqual(placed.flatMap(({ parameter }) => parameter.stored).sort());
  for (const id of tensors.nodes()) {
    const { kind } = tensors.node(id);
    if (kind === "parameter") expect(tensors.predecessors(id)).toHaveLength(1);
    if (kind === "move")
      expect([tensors.successors(id)?.length, (tensors.predecessors(id)?.length ?? 0) > 0]).toEqual([1, true]);
    if (kind === "stored") expect(tensors.successors(id)).toHaveLength(1);
  }
});

test("experts that are stored one by one are stacked, gate and up joined", () => {
  const { tensors } = lower(checked());
  const experts = "model.layers.{layer}.mlp.experts";
  expect(tensors.node(`move ${experts}.gate_up_proj`).label).toBe("stack experts, concatenate gate and up");
  expect(tensors.predecessors(`move ${experts}.gate_up_proj`)).toEqual([
    `stored ${experts}.{expert}.gate_proj.weight`,
    `stored ${experts}.{expert}.up_proj.weight`,
  ]);
  expect(tensors.node(`move ${experts}.down_proj`).label).toBe("stack experts");
});

test("a plan of 1,024 ranks has the graph of one of 8", () => {
  const size = (changes: Parameters<typeof checkTree>[0]) => lower(checked(changes)).tensors.nodeCount();
  expect(size(wide)).toBe(size({}));
  expect(size(wide)).toBeGreaterThan(20);
});

test("orders a chain of 100,000 nodes, ties as they were added, and refuses a cycle", () => {
  const chain: Graph<undefined, unknown, undefined> = new Graph();
  for (let at = 99_999; at > 0; at--) chain.setEdge(`${at - 1}`, `${at}`);
  expect(ordered(chain)).toEqual(Array.from({ length: 100_000 }, (_, at) => `${at}`));
  const ties: Graph<undefined, unknown, undefined> = new Graph();
  for (const [from, to] of [
    ["b", "z"],
    ["b", "y"],
    ["a", "y"],
  ] as const)
    ties.setEdge(from, to);
  expect(ordered(ties)).toEqual(["b", "a", "z", "y"]);
  ties.setEdge("z", "b");
  expect(() => ordered(ties)).toThrow("cycle");
});

test("names cannot break out of their place in a picture", () => {
  const program = lower(checked());
  const hostile = 'a"]; click x <b> & `#\\ "';
  program.steps.setNode("train", { kind: "step", label: hostile, program: "train.py", processes: "rank" });
  const box =
    mermaid(program, ["steps"])
      .split("\n")
      .find((line) => line.includes("train.py")) ?? "";
  expect(box).toMatch(/^ {4}s1\["[^"`<>&\\]*<br\/>train\.py"\]$/);
  const drawn = dot(program, ["steps"]);
  expect(drawn).toContain('label="a\\"]; click x <b> & `#\\\\ \\"\\ntrain.py"');
});

test("planc graph prints what is asked for, and the findings of a plan that has errors", async () => {
  const files = { "plan.yaml": JSON.stringify(plan()), "config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
  const steps = await planc(["graph", "plan.yaml", "--format", "json", "--only", "steps"], files);
  expect(Object.keys(JSON.parse(steps.stdout))).toEqual(["version", "steps"]);
  const both = await planc(["graph", "plan.yaml", "--format", "json"], files);
  expect(JSON.parse(both.stdout).tensors.nodes.map(({ id }: { id: string }) => id)).toContain(
    "parameter lm_head.weight",
  );
  const wrong = { ...files, "plan.yaml": JSON.stringify(plan({ parallelism: { ep_size: 6 } })) };
  const failed = await planc(["graph", "plan.yaml"], wrong);
  expect([failed.code, failed.stdout]).toEqual([1, ""]);
  expect(failed.stderr).toContain("PLN3004");
});
