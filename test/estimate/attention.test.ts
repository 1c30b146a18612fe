/**
 * The figure for attention against torch: the scores and masks that live at once while toys of every family train, and
 * which implementations their classes take.
 */
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { acceptedAttention } from "../../src/engines/transformers/attention/implementation.ts";
import { merged, toyConfig } from "../../src/toy/config.ts";
import { transformersRelease } from "../compiler.ts";
import { checkTree, config } from "../plans.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";

type Tree = Readonly<Record<string, unknown>>;

interface Case {
  readonly family: string;
  readonly implementation: "eager" | "sdpa";
  readonly dtype?: "float32" | "bfloat16";
  readonly recompute?: "full" | "none";
  readonly rows?: number;
  readonly padding?: "whole" | "padded" | "packed";
}

const families = {
  qwen3_moe: "Qwen3-30B-A3B",
  gpt_oss: "gpt-oss-20b",
  deepseek_v2: "DeepSeek-V2-Lite",
  deepseek_v3: "DeepSeek-V3",
  glm4_moe: "GLM-4.5-Air",
  mixtral: "Mixtral-8x7B-v0.1",
  olmoe: "OLMoE-1B-7B-0924",
  qwen2_moe: "Qwen1.5-MoE-A2.7B",
} as const;
type Family = keyof typeof families;

const length = 192;
const layers = 2;
const cases: readonly (Case & { readonly family: Family })[] = [
  ...(Object.keys(families) as Family[]).map((family) => ({ family, implementation: "eager" as const })),
  ...(["qwen3_moe", "gpt_oss"] as const).flatMap((family) => [
    { family, implementation: "eager" as const, recompute: "none" as const },
    { family, implementation: "eager" as const, recompute: "none" as const, dtype: "float32" as const },
    { family, implementation: "eager" as const, dtype: "float32" as const, rows: 2 },
  ]),
  { family: "qwen3_moe", implementation: "sdpa" },
  { family: "qwen3_moe", implementation: "sdpa", padding: "padded", rows: 2 },
  { family: "qwen3_moe", implementation: "sdpa", padding: "packed", recompute: "none" },
  { family: "qwen3_moe", implementation: "sdpa", padding: "packed" },
];

function toyOf(family: Family): Tree {
  const { value } = checkTree(
    { cluster: { gpu: { name: "large", memory_gb: 4096 } }, parallelism: { ep_size: 4 } },
    config(families[family], { quantization_config: undefined }),
  );
  if (value === undefined) throw new Error(`${family} is refused`);
  return merged(toyConfig(value.model, { dp_replicate_size: 1, fsdp_size: 1, tp_size: 1, ep_size: 1 }, layers));
}

/** What planc says that the case takes. */
function foreseen({ family, implementation, dtype, recompute, rows, padding }: (typeof cases)[number] & Case) {
  const packing =
    padding === "packed"
      ? { packing: true, packing_strategy: "bfd" }
      : padding === "padded"
        ? { packing: false, packing_strategy: undefined }
        : {};
  const compute = dtype ?? "bfloat16";
  const { value, diagnostics } = checkTree(
    {
      cluster: { gpus_per_node: 2 },
      parallelism: { ep_size: 2, fsdp_size: 2 },
      model: { attn_implementation: implementation },
      precision: { parameters: "float32", compute, reduce: "float32" },
      recompute: recompute ?? "full",
      sft: { max_length: length, per_device_train_batch_size: rows ?? 1, ...packing },
    },
    toyOf(family),
  );
  if (value?.memory.attention == null) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  const { layer, kept, masks } = value.memory.attention;
  // On a CPU the backward pass of the softmax writes no product of its own, one of the four that live at once on a GPU.
  return implementation === "eager" ? (layer * 3) / 4 + kept : layer + kept + masks;
}

interface Measured {
  readonly peak?: number;
  readonly error?: string;
}
let measured: Measured[] = [];
const taking = (Object.keys(families) as Family[]).flatMap((family) =>
  ["eager", "sdpa", "flex_attention"].map((implementation) => ({ family, implementation })),
);

beforeAll(() => {
  const input = [
    ...cases.map(({ family, implementation, dtype, recompute, rows, padding }: Case & { family: Family }) => ({
      config: toyOf(family),
      dtype: dtype ?? "bfloat16",
      attn_implementation: implementation,
      recompute: recompute !== "none",
      rows: rows ?? 1,
      length,
      padding: padding ?? "whole",
    })),
    ...taking.map(({ family, implementation }) => ({
      config: toyOf(family),
      dtype: "float32",
      attn_implementation: implementation,
      recompute: false,
      rows: 1,
      length: 0,
      padding: "whole",
    })),
  ];
  const { stdout, stderr, status } = spawnSync(python, [ownProgram("attention_memory.py")], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  measured = JSON.parse(stdout);
});

test.each(cases.map((one, index) => [Object.values(one).join(" "), index] as const))("%s", (_, index) => {
  const one = cases[index];
  if (one === undefined) throw new Error("no such case");
  const { peak } = measured[index] ?? {};
  // Sinks are one score more in each row.
  expect(peak).toBeGreaterThanOrEqual(foreseen(one));
  expect(peak).toBeLessThanOrEqual(foreseen(one) * 1.02);
});

describe("what the classes take", () => {
  test.each(taking.map((one, index) => [one.family, one.implementation, index] as const))(
    "%s %s",
    (family, name, index) => {
      const { error } = measured[cases.length + index] ?? {};
      const isRefused = error !== undefined;
      expect(acceptedAttention(transformersRelease(), family).includes(name)).toBe(!isRefused);
    },
  );
});
