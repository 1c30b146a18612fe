/** An adapter added to its base by the bundle's export is what PEFT's merge_and_unload makes of both. */
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Job, ownProgram, type Result, runJobs } from "../python/jobs.ts";
import { makeModel, scratch } from "./export.ts";
import { loraConfig } from "./lora-configs.ts";
import { toyBundle } from "./toy-bundle.ts";

const plain = { targets: ["attention", "experts"], r: 5, lora_alpha: 7 };

/** Experts of each kind: beside shared ones, transposed and biased, without a gate; and what PEFT rewrites. */
const cases: readonly (readonly [family: string, lora: Readonly<Record<string, unknown>>, layout?: string])[] = [
  ["qwen3_moe", { target_modules: ["q_proj", "gate_proj", "up_proj", "down_proj"], r: 5, lora_alpha: 7 }],
  ["gpt_oss", plain, "gate_up_interleaved"],
  ["nemotron_h", { ...plain, targets: ["all"] }],
  [
    "deepseek_v3",
    {
      ...plain,
      use_rslora: true,
      rank_pattern: { "experts.down_proj": 3, "layers.0.self_attn.o_proj": 6 },
      alpha_pattern: { o_proj: 11 },
    },
  ],
];

const root = scratch();
let result: Result | undefined;

beforeAll(async () => {
  const makers: Job[] = [];
  let path = "";
  for (const [family, lora, layout] of cases) {
    const [folder, config] = [join(root, family), loraConfig(family, 32)];
    const mesh = { cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 2 } };
    path = await toyBundle(folder, config, { ...mesh, lora, ...(layout && { model: { layout } }) });
    makers.push(makeModel(folder, config));
  }
  const folders = cases.map(([family]) => join(root, family));
  const check = { program: ownProgram("merge_check.py"), arguments: folders, world: 1, folder: root, path };
  result = runJobs([...makers, check]).at(-1);
});

/** What `merge_check.py` prints. */
function said() {
  expect(result?.status, result?.stderr.join("\n")).toEqual([0]);
  return JSON.parse(result?.stdout[0]?.trim().split("\n").at(-1) ?? "");
}

test.each(cases.map(([family], index) => [family, index] as const))("%s", (family, index) => {
  const { wrong, compared, other, pairs, served } = said().families[index];
  expect(wrong).toEqual([]);
  expect(pairs).toBeGreaterThan(2);
  // As engines for serving read it, for families whose experts they know by number.
  expect(served > 0).toBe(family !== "gpt_oss");
  // The delta is rounded as PEFT rounds it. The processor's own sums decide the rest; here none came out otherwise.
  expect(other / compared).toBeLessThan(1e-4);
});

test("refuses other adapters, bases and places in a sentence, and leaves nothing", () => {
  const { failures, tried } = said();
  expect(failures).toEqual([]);
  expect(tried).toBeGreaterThan(18);
});
