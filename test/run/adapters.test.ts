/** Plans with adapters, rehearsed: against stock PEFT in one process, from adapters whose both matrices are random. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { rehearsals, replace } from "./rehearsal.ts";

type Tree = Readonly<Record<string, unknown>>;

function checked(name: string, mesh: Readonly<Record<string, number>>, lora: Tree) {
  const files = {
    "plan.yaml": JSON.stringify(
      plan({
        cluster: { gpus_per_node: (mesh["dp_replicate_size"] ?? 1) * (mesh["fsdp_size"] ?? 1) },
        parallelism: mesh,
        lora,
      }),
    ),
    "config.json": readFileSync(`${root}test/fixtures/configs/${name}.json`, "utf8"),
  };
  return checkPlan(memoryHost(files), "plan.yaml").value;
}

const rehearse = rehearsals();
const apart = { fsdp_size: 4, ep_size: 2 };
const qwen = checked("Qwen3-30B-A3B", apart, { targets: ["attention", "experts"], r: 8, lora_alpha: 24 });
const deep = checked(
  "DeepSeek-V2-Lite",
  { fsdp_size: 2, dp_replicate_size: 2, ep_size: 2 },
  { r: 4, use_rslora: true, rank_pattern: { "layers.26.self_attn.o_proj": 8, o_proj: 6 } },
);
const small = { fsdp_size: 2, ep_size: 2 };
const two = checked("Qwen3-30B-A3B", small, { r: 8 });
const agreeing = [qwen, deep].map((each) => rehearse(each, undefined, { ranks: 4 }));
const scaled = rehearse(two, replace("planc_runtime/adapters/experts.py", "* self.scaling", "* (2 * self.scaling)"), {
  ranks: 4,
});
const shuffled = rehearse(
  two,
  replace("planc_runtime/adapters/saving.py", ".permute(1, 2, 0)", ".flip(0).permute(1, 2, 0)"),
  { ranks: 4 },
);

test.each(agreeing.map((ran, index) => [index, ran] as const))(
  "adapters agree with PEFT in one process: %i",
  (_, ran) => {
    const outcome = ran();
    expect(outcome.failure).toBeUndefined();
    expect(outcome.disagreements ?? ["not judged"]).toEqual([]);
    expect(outcome.shapes).toEqual([]);
    expect(outcome.steps).toHaveLength(2);
    for (const { difference, parameter } of outcome.steps ?? []) {
      expect(difference).toBeLessThan(1e-5);
      expect(parameter).toMatch(/^base_model\.model\..*\.lora_[AB]\.weight$/);
    }
    expect(outcome.models?.moved).toBeGreaterThan(1e-5);
  },
);

test("an adapter that is scaled otherwise, or saved in another order, is found", () => {
  expect(scaled().disagreements?.join("\n")).toMatch(/the loss of step 1.*\n?.*lora_/);
  expect(shuffled().disagreements?.join("\n")).toMatch(/lora_/);
});
