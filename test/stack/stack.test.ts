import { describe, expect, it } from "vitest";
import { checkPlan, compilePlan } from "../../src/compiler.ts";
import { memoryHost } from "../host.ts";
import { config, plan } from "../plans.ts";
import { fakeStacks } from "./fake.ts";

type Tree = Parameters<typeof plan>[0];

const toy = { engine: "toy-engine", trainer: "toy-trainer", versions: { accelerate: "1.0.0" } };

function world(changes: Tree = {}) {
  const cluster = { gpu: { name: "large", memory_gb: 4000 }, gpus_per_node: 2 };
  const whole = { stack: toy, cluster, parallelism: { ep_size: undefined, fsdp_size: undefined }, ...changes };
  const files = {
    "plan.yaml": JSON.stringify(plan(whole), null, 2),
    "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
  };
  return { host: memoryHost(files), stacks: fakeStacks };
}

describe("an engine and a trainer of another name", () => {
  it("go through the compiler, the lock and the bundle", async () => {
    const { value, diagnostics } = await compilePlan(world(), "plan.yaml");
    expect(diagnostics.map(({ code }) => code)).toEqual([]);
    const file = (path: string) => value?.files.find((each) => each.path === path)?.content ?? "";
    expect(file("train.py")).toBe('print("test")\n');
    expect(file("requirements.txt")).toBe("toy-engine==1.0.0\n");
    const lock = JSON.parse(file("plan.lock.json"));
    expect(lock.plan.stack).toMatchObject({ engine: "toy-engine", trainer: "toy-trainer" });
    expect(lock.engine).toMatchObject({ name: "toy-engine", version: "1.0.0", packages: [{ name: "toy-kernels" }] });
    expect(lock.trainer).toMatchObject({ name: "toy-trainer", version: "2.0.0", config_class: "ToyConfig" });
    expect(lock.mesh.dense).toEqual({ pp: 1, dp_replicate: 1, fsdp: 2, tp: 1 });
    expect(lock.batch.tokens_per_step).toBe(2 * 4096);
    expect(lock.provenance["mesh.dense.fsdp"].reason).toBe("it shards over everything");
    expect(file("launch.sh")).toContain("train.py");
    expect(file("README.md")).toContain("2 GPUs of one machine");
  });

  it("bring minimums of their own", () => {
    const { diagnostics } = checkPlan(world({ name: "new" }), "plan.yaml");
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ["PLN4003", "torch 2.15.0 is too old: the toy wants torch 3"],
    ]);
  });

  it("are the only ones that a plan may name", () => {
    const { diagnostics, facts } = checkPlan(
      world({ stack: { ...toy, engine: "toy-engin", trainer: "trl" } }),
      "plan.yaml",
    );
    expect(diagnostics.map(({ code, message, fixes }) => [code, message, fixes.map(({ title }) => title)])).toEqual([
      ["PLN1023", 'stack.engine takes "toy-engine", not "toy-engin"', ["change it to toy-engine"]],
      ["PLN1023", 'stack.trainer takes "toy-trainer", not "trl"', []],
    ]);
    expect(facts).toEqual({});
  });
});

describe("facts", () => {
  it("of every stage that could run are there, whatever is wrong", () => {
    const wrong = checkPlan(world({ name: "new" }), "plan.yaml");
    expect(wrong.value).toBeUndefined();
    expect(wrong.facts.mesh?.mesh.world_size).toBe(2);
    expect(Object.keys(checkPlan(world({ model: { config: "gone.json" } }), "plan.yaml").facts)).toEqual(["plan"]);
  });
});
