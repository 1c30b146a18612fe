import { expect, test } from "vitest";
import { checkPlan, compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config, plan } from "../plans.ts";
import { withPoints } from "../published-numbers.ts";

type Tree = Parameters<typeof plan>[0];

async function bundleOf(stack: Tree, changes: Tree = {}): Promise<ReadonlyMap<string, string>> {
  const tree = plan({ stack, parallelism: { ep_size: 4 }, ...changes });
  const files = { "plan.yaml": JSON.stringify(tree), "config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
  const { value, diagnostics } = await compilePlan(memoryHost(files), "plan.yaml");
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return new Map(value.files.map(({ path, content }) => [path, content]));
}

const lockIn = (bundle: ReadonlyMap<string, string>, folder = "") =>
  JSON.parse(bundle.get(`${folder}plan.lock.json`) ?? "");

test("a release that planc has not read: marked in the lock, pinned as it is named, rehearsed before anything is trained", async () => {
  const bundle = await bundleOf({ untested: true, versions: { transformers: "5.23.9", trl: "1.17.0" } });
  const lock = lockIn(bundle);
  expect(lock.plan.stack.untested).toEqual({ transformers: "5.23.0", trl: "1.16.0" });
  expect([lock.engine.version, lock.trainer.version]).toEqual(["5.23.0", "1.16.0"]);
  expect(bundle.get("requirements.txt")).toContain("transformers==5.23.9\ntrl==1.17.0\n");
  expect(bundle.get("requirements.txt")).not.toContain("planc was tested with these");
  expect(bundle.get("README.md")).toContain("PLN4005");

  const toy = lockIn(bundle, "rehearsal/");
  expect(toy.plan.parallelism).toMatchObject({ fsdp_size: 8, ep_size: 4 });
  expect(toy.plan.stack).toEqual(lock.plan.stack);
  expect(JSON.parse(bundle.get("rehearsal/rehearsal.json") ?? "")).toMatchObject({ world_size: 8, trainer: true });
  expect([...bundle.keys()].filter((path) => path.startsWith("rehearsal/")).sort()).toEqual([
    "rehearsal/plan.lock.json",
    "rehearsal/rehearsal.json",
    "rehearsal/train.py",
  ]);

  const launch = bundle.get("launch.sh") ?? "";
  const at = [
    "planc_runtime.preflight ",
    "planc_runtime.preflight.links ",
    "planc_runtime.rehearsal.before ",
    "train.py",
  ];
  const places = at.map((what) => launch.lastIndexOf(what));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test("torch that was not tested is rehearsed where the plan asks for it", async () => {
  const bundle = await bundleOf({ untested: true, versions: { torch: "2.16.0" } });
  expect(lockIn(bundle).plan.stack.untested).toEqual({ torch: "2.15.0" });
  expect(bundle.has("rehearsal/train.py")).toBe(true);
});

test("a mesh of more than eight ranks that cannot be folded is rehearsed as it is", async () => {
  const sizes = { cluster: { gpus_per_node: 11 }, parallelism: { ep_size: 1, fsdp_size: 11 } };
  const bundle = await bundleOf({ untested: true, versions: { transformers: "5.25.0" } }, sizes);
  expect(lockIn(bundle, "rehearsal/").mesh.world_size).toBe(11);
});

test.each(["5.23.0", "5.24.0"])("nothing of it with transformers %s, which planc has read", async (transformers) => {
  const bundle = await bundleOf({ versions: { transformers } });
  const lock = lockIn(bundle);
  expect(lock.plan.stack.untested).toEqual({});
  expect(lock.engine.version).toBe(transformers);
  expect([...bundle.keys()].filter((path) => path.startsWith("rehearsal/"))).toEqual([]);
  expect(bundle.get("launch.sh")).not.toContain("rehears");
  expect(bundle.get("requirements.txt")).toContain(`transformers==${transformers}\n`);
});

test("routers that 5.24 keeps in float32 count as that in a model of bfloat16", () => {
  const memory = (transformers: string, parameters: string) => {
    const tree = plan({
      stack: { versions: { transformers } },
      precision: { parameters },
      parallelism: { ep_size: 8 },
      cluster: { gpu: { name: "large", memory_gb: 4000 } },
    });
    const files = {
      "plan.yaml": JSON.stringify(tree),
      "config.json": withPoints(JSON.stringify(config("GLM-4.5-Air"))),
    };
    const { value, diagnostics } = checkPlan(memoryHost(files), "plan.yaml");
    if (value === undefined) throw new Error(JSON.stringify(diagnostics));
    return {
      ...value.memory,
      held: value.placed.filter(({ in_float32 }) => in_float32).map((each) => each.parameter.name),
    };
  };
  const [older, newer] = [memory("5.23.0", "bfloat16"), memory("5.24.0", "bfloat16")];
  expect(older.held).toEqual([]);
  expect(newer.held).toEqual(["model.layers.{layer}.mlp.gate.weight"]);
  // 45 routers of 128 experts and width 4096, over 8 ranks; 2 bytes more a number, and as much for gradients.
  const more = (45 * 128 * 4096 * 2) / 8;
  expect(newer.parameters - older.parameters).toBe(more);
  expect(newer.gradients - older.gradients).toBe(more);
  expect(newer.optimizer - older.optimizer).toBe(2 * more);
  expect(memory("5.24.0", "float32").parameters).toBe(memory("5.23.0", "float32").parameters);
});
