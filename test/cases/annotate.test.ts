import { expect, test } from "vitest";
import { run } from "./annotate.ts";
import { shapeOf } from "./catalogue.ts";

test("places in the plan, below it, in the config and of what was added", async () => {
  const { annotated } = await run({
    plan: `
cluster: { nodes: 2 }
`,
    config: { with: { num_experts: 126 } },
  });
  expect(annotated).toMatchInlineSnapshot(`
    "
    cluster: { nodes: 2 }
    #@ rest | parallelism: { ep_size: «4», fsdp_size: 8 } | PLN3002 126 experts cannot be shared out over ep_size 4: 2 would be left over
    #@   help: legal ep_size here: 1 or 2
    #@   related config.json 22:[18:21) | "num_experts": «126», | num_experts is 126 here
    #@   fix "change it to 2" -> PLN3001
    #@ rest | parallelism: { ep_size: 4, fsdp_size: «8» } | PLN3001 pp_size 1 * dp_replicate_size 1 * fsdp_size 8 * tp_size 1 = 8 ranks, but the cluster has 2 * 8 = 16 GPUs
    #@   help: fsdp_size 16 fits: 16 / 1; or leave fsdp_size out and it is inferred
    #@   related rest | cluster: { nodes: 2, gpu: h100-sxm-80gb, gpus_per_node: «8» } | 2 * 8 GPUs
    #@   fix "change it to 16" -> PLN3002
    "
  `);
});

test("what is said of an empty plan stands on lines of its own", async () => {
  const each = { plan: "\n", config: { with: { num_experts: "many" } } };
  const { annotated } = await run(each);
  expect(annotated).toMatch(/^\n#@ config\.json 22:\[18:24\) \| "num_experts": «"many"», \| PLN2008 /);
  expect(annotated).toMatch(/\n#@ [^\n]+\n$/);
  expect((await run({ ...each, plan: annotated })).annotated).toBe(annotated);
});

test("a shape is that of the message with most words of its own", () => {
  expect(shapeOf("PLN3004", "ep_size 3 does not divide fsdp_size 8 * tp_size 1 = 8 ranks")).toBe("PLN3004");
  const replicas = "ep_size 16 does not divide fsdp_size 8 * tp_size 1 = 8 ranks: an expert-parallel group cannot span";
  expect(shapeOf("PLN3004", `${replicas} the 2 replicas of dp_replicate_size`)).toBe("PLN3004/replicas");
});
