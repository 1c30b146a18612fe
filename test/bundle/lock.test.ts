import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { lockOf } from "../../src/bundle/lock.ts";
import type { Checked } from "../../src/compiler.ts";
import { json } from "../../src/text/json.ts";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { checkTree, config, plan } from "../plans.ts";

const schema = JSON.parse(readFileSync(new URL("../../schema/lock.schema.json", import.meta.url), "utf8"));
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

type Changes = NonNullable<Parameters<typeof checkTree>[0]>;
type Config = ReturnType<typeof config>;

function checked(changes: Changes = {}, modelConfig?: Config): Checked {
  const { value, diagnostics } = checkTree(changes, modelConfig);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics.map(({ message }) => message)));
  return value;
}

/** The lock as a reader of the file gets it. */
function lock(changes: Changes = {}, modelConfig?: Config) {
  return JSON.parse(json(lockOf(checked(changes, modelConfig))));
}

/** Keys below which any name may stand. */
const open = new Set([
  "sft",
  "env",
  "placement",
  "provenance",
  "base_model_ep_plan",
  "layouts",
  "traffic",
  "begin",
  "fullest",
]);

const wide = {
  cluster: { nodes: 4 },
  parallelism: { ep_size: 8, fsdp_size: undefined, dp_replicate_size: 2, tp_size: 1 },
};

test("fractions stand in train.py and in the lock as the plan has them, and are the same numbers", async () => {
  const text = JSON.stringify(plan({ sft: { weight_decay: 1, adam_beta1: 0.5 } }))
    .replace('"weight_decay":1', '"weight_decay":1.0')
    .replace('"adam_beta1":0.5', '"adam_beta1":0.50,"learning_rate":2.0e-5,"warmup_steps":1e1');
  const host = memoryHost({ "plan.yaml": text, "config.json": JSON.stringify(config("Qwen3-30B-A3B")) });
  const { value } = await compilePlan(host, "plan.yaml");
  const content = (path: string) => value?.files.find((file) => file.path === path)?.content;
  for (const line of [
    '"weight_decay": 1.0,',
    '"adam_beta1": 0.50,',
    '"learning_rate": 2.0e-5,',
    '"warmup_steps": 1e1,',
  ])
    expect(content("train.py")).toContain(line);
  // JSON's whole numbers stay whole: Python tells 1 from 1.0.
  for (const line of ['"weight_decay": 1,', '"adam_beta1": 0.50,', '"learning_rate": 2.0e-5,', '"warmup_steps": 10'])
    expect(content("plan.lock.json")).toContain(line);
  expect(JSON.parse(content("plan.lock.json") ?? "").plan.sft).toEqual(value?.checked.plan.options);
});

test("the names that scripts rely on hold the reference plan's figures", () => {
  const resolved = lock();
  expect(resolved).toMatchObject({
    version: 1,
    model: {
      model_type: "qwen3_moe",
      num_experts: 128,
      parameters: { total: 30532122624, expert: 28991029248, dense: 1541093376, active: 3041867776 },
    },
    mesh: {
      world_size: 8,
      dense: { pp: 1, dp_replicate: 1, fsdp: 8, tp: 1 },
      expert: { pp: 1, dp_replicate: 1, efsdp: 1, ep: 8 },
      groups: { ep: { size: 8, count: 1, stride: 1 }, tp: { size: 1, count: 8, stride: 1 } },
    },
    memory: { parameters: 15266061312, gradients: 15266061312, optimizer: 30532122624, logits: 1244659712 },
    batch: { distinct_batches: 8, tokens_per_step: 32768, exact: true },
    conversion: { needed: false, reason: expect.stringContaining("transformers 5.24.0 reads the per_expert layout") },
    engine: { base_model_ep_plan: { "model.layers.*.mlp.experts": "ep_dispatch_experts" } },
  });
  expect(resolved.model.tensors.find(({ kind }: { kind: string }) => kind === "expert")).toEqual({
    name: "model.layers.{layer}.mlp.experts.gate_up_proj",
    stored: [
      "model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight",
      "model.layers.{layer}.mlp.experts.{expert}.up_proj.weight",
    ],
    layers: Array.from({ length: 48 }, (_, layer) => layer),
    shape: [128, 1536, 2048],
    dtype: "bfloat16",
    kind: "expert",
    placement: { ep: "Shard(0)" },
    local_shape: [16, 1536, 2048],
  });
});

test("groups of every axis have size, count and stride, and cover the ranks", () => {
  const { mesh } = lock(wide);
  expect(mesh.groups).toEqual({
    pp: { size: 1, count: 32, stride: 32 },
    dp_replicate: { size: 2, count: 16, stride: 16 },
    fsdp: { size: 16, count: 2, stride: 1 },
    tp: { size: 1, count: 32, stride: 1 },
    efsdp: { size: 2, count: 16, stride: 8 },
    ep: { size: 8, count: 4, stride: 1 },
  });
});

test("what was inferred says why, what was written or left out says so", () => {
  const { provenance, plan } = lock(wide);
  expect(plan.parallelism.fsdp_size).toBe(16);
  expect(provenance).toMatchObject({
    "parallelism.fsdp_size": { from: "inferred", reason: "32 GPUs / dp_replicate_size 2 = 16" },
    "parallelism.ep_size": { from: "written" },
    "precision.parameters": { from: "default" },
    "model.layout": { from: "inferred", reason: "qwen3_moe is published as per_expert" },
    "mesh.expert.efsdp": { from: "inferred", reason: "fsdp 16 * tp 1 / ep 8" },
    "mesh.world_size": { from: "inferred", reason: "4 nodes * 8 GPUs" },
  });
});

test("a trained model is stored as its family is published, gpt_oss as it is in memory", () => {
  const experts = "model.layers.{layer}.mlp.experts";
  const qwen = lock();
  expect(qwen.export).toMatchObject({ layout: "per_expert", dtype: "bfloat16", max_shard_size: "5GB" });
  expect(Object.keys(qwen.export.layouts)).toEqual(["per_expert", "fused", "gate_up"]);
  expect(qwen.export.layouts.fused).toEqual({
    experts: {
      [`${experts}.gate_up_proj`]: [`${experts}.gate_proj`, `${experts}.up_proj`],
      [`${experts}.down_proj`]: [`${experts}.down_proj`],
    },
    config: { num_experts: 128 },
  });
  expect(qwen.export.layouts.gate_up.config).toEqual({});
  const gptOss = lock({ parallelism: { ep_size: 8 } }, config("gpt-oss-20b"));
  expect([gptOss.export.layout, Object.keys(gptOss.export.layouts)]).toEqual([
    "gate_up_interleaved",
    ["gate_up_interleaved"],
  ]);
  expect(gptOss.export.layouts.gate_up_interleaved.experts[`${experts}.down_proj_bias`]).toEqual([
    `${experts}.down_proj_bias`,
  ]);
  const written = lock({ export: { layout: "fused", dtype: "float32", max_shard_size: "2GB" } });
  expect(written.export).toMatchObject({ layout: "fused", dtype: "float32", max_shard_size: "2GB" });
  expect(written.provenance["export.layout"]).toEqual({ from: "written" });
  expect(qwen.provenance).toMatchObject({
    "export.layout": { from: "inferred", reason: "qwen3_moe is published as per_expert" },
    "export.dtype": { from: "inferred", reason: "the config.json says bfloat16" },
    "export.max_shard_size": { from: "default" },
  });
});

test("nothing bounds a step without max_length", () => {
  const { batch, memory, provenance } = lock({
    sft: { max_length: null, packing: false, packing_strategy: undefined },
  });
  expect([batch.tokens_per_step, memory.logits, batch.exact]).toEqual([null, null, false]);
  expect([memory.peak, memory.observed, memory.worst]).toEqual([null, null, null]);
  expect(provenance["batch.tokens_per_step"]).toBeUndefined();
});

test("digests are those of sha256sum", () => {
  const facts = checked();
  const files = [{ path: "train.py", content: "é\n" }];
  const sum = (text: string) => createHash("sha256").update(Buffer.from(text, "utf8")).digest("hex");
  expect(lockOf(facts, { files, place: null }).files).toEqual({ "train.py": sum("é\n") });
  expect(lockOf(facts).digests["config.json"]).toBe(sum(facts.model.config.text));
  expect(lockOf(facts).files).toBeUndefined();
});

const models = ["Qwen3-30B-A3B", "Mixtral-8x7B-v0.1", "DeepSeek-V3", "gpt-oss-20b", "OLMoE-1B-7B-0924", "GLM-4.5-Air"];

test.each(models)("the schema admits the lock of %s", (name) => {
  const layers = { num_hidden_layers: 4, layer_types: undefined, quantization_config: undefined };
  const changes = { model: { layout: name.startsWith("gpt") ? "gate_up_interleaved" : undefined } };
  const facts = checked(
    { ...wide, ...changes, parallelism: { ep_size: 8, dp_replicate_size: 4 } },
    config(name, layers),
  );
  validate(JSON.parse(json(lockOf(facts))));
  expect(validate.errors).toBeNull();
  validate(JSON.parse(json(lockOf(facts, { files: [{ path: "a.py", content: "" }], place: "../plan.yaml" }))));
  expect(validate.errors).toBeNull();
});

test("preferences: the options under their task, the reference model beside the states, and no peak", () => {
  const resolved = lock({ sft: undefined, dpo: { save_strategy: "no", max_length: 2048, beta: 0.2 } });
  expect(validate(resolved), JSON.stringify(validate.errors)).toBe(true);
  expect(resolved.plan.dpo).toEqual({ save_strategy: "no", max_length: 2048, beta: 0.2 });
  expect(resolved.trainer).toMatchObject({ task: "dpo", config_class: "DPOConfig", trainer_class: "DPOTrainer" });
  // In bfloat16 where the trained model is in float32, which FSDP casts.
  expect(resolved.memory).toMatchObject({ reference: resolved.memory.parameters / 2, peak: null, worst: null });
  expect(resolved.batch.tokens_per_step).toBe(2048 * 8 * 2 * 8);
  const { memory } = lock({
    sft: undefined,
    dpo: { save_strategy: "no" },
    precision: { parameters: "bfloat16", compute: "bfloat16", reduce: "float32" },
  });
  expect(memory.reference).toBe(memory.parameters);
});

test("the schema wants every key and refuses what it does not know", () => {
  const sound = lock();
  const walk = (value: unknown, path: string[]): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || open.has(path.at(-1) ?? "")) return;
    const copy = structuredClone(sound);
    const parent = path.reduce((at, step) => at[step], copy);
    for (const [key, inner] of Object.entries(value)) {
      delete parent[key];
      expect(validate(copy), `without ${[...path, key].join(".")}`).toBe(false);
      parent[key] = [[]];
      expect(validate(copy), `wrong ${[...path, key].join(".")}`).toBe(false);
      parent[key] = inner;
      walk(inner, [...path, key]);
    }
    parent["surprise"] = 1;
    expect(validate(copy), `surprise in ${path.join(".")}`).toBe(false);
  };
  walk(sound, []);
  expect(validate(sound)).toBe(true);
});
