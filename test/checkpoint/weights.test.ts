/** What the weights on a disk say against their config.json, beyond names and shapes: formats, ties, families, folders. */
import { describe, expect, test } from "vitest";
import { inspectCheckpoint } from "../../src/checkpoint/inspect.ts";
import { memoryHost } from "../host.ts";
import { oneFile, outside, type Specs, safetensors, sharded, toy, toyConfig, toyTensors } from "./toy.ts";

function look(files: Readonly<Record<string, string | Uint8Array>>) {
  const { diagnostics } = inspectCheckpoint(memoryHost(files), "model");
  return diagnostics.map(({ code, severity, message }) => `${severity} ${code} ${message}`);
}

const sound = toyTensors("per_expert", "per_expert");
const dtypes = (dtype: string, of: RegExp): Specs =>
  Object.fromEntries(Object.entries(sound).map(([name, [own, shape]]) => [name, [of.test(name) ? dtype : own, shape]]));

describe("a claim of quantisation", () => {
  test.each(["fp8", "awq", "gptq", "bitsandbytes", "compressed-tensors"])(
    "of %s that the weights do not have",
    (method) => {
      const quantization_config = { quant_method: method };
      const files = oneFile(sound, { ...toyConfig, quantization_config });
      const { diagnostics } = inspectCheckpoint(memoryHost(files), "model");
      expect(diagnostics).toMatchObject([
        {
          code: "PLN2123",
          message: `config.json claims ${method}, but the weights are plain BF16: its quantization_config is a leftover`,
          location: { file: "model/config.json" },
        },
      ]);
    },
  );

  test("that planc does not know is taken for true", () => {
    expect(look(oneFile(sound, { ...toyConfig, quantization_config: { quant_method: "torchao" } }))).toEqual([]);
  });

  test("is judged in the part of the config that has it", () => {
    const text_config = { ...toyConfig, quantization_config: { quant_method: "fp8" } };
    const named = Object.entries(toyTensors("gate_up", "gate_up")).map(([name, spec]) => [
      name.replace("model.", "model.language_model."),
      spec,
    ]);
    expect(look(oneFile(Object.fromEntries(named), { model_type: "qwen3_5_moe", text_config }))).toEqual([
      "error PLN2123 config.json claims fp8, but the weights are plain BF16: its text_config.quantization_config is a leftover",
    ]);
  });

  test("is missing beside weights with scales", () => {
    const scaled: Specs = {
      ...dtypes("F8_E4M3", /o_proj/),
      "model.layers.0.self_attn.o_proj.weight_scale_inv": ["F32", [1, 32]],
    };
    expect(look(oneFile(scaled))[0]).toMatch(
      /^error PLN2125 the weights are stored as fp8 \(\S+o_proj.weight\), but config.json has no quantization_config$/,
    );
  });
});

describe("formats that hold no weights", () => {
  test("integers, and fp8 without scales", () => {
    const integers: Specs = { ...sound, "model.norm.weight": ["I32", [toy.hidden]] };
    expect(look(oneFile(integers))).toEqual([
      "error PLN2127 model.norm.weight is I32; the loader would take its numbers as they stand",
    ]);
    const [first] = look(oneFile(dtypes("F8_E4M3", /experts.*up_proj/)));
    expect(first).toBe(
      "error PLN2127 model.layers.0.mlp.experts.0.up_proj.weight is F8_E4M3 and has no scales, as are 5 others; the loader would take their numbers as they stand",
    );
  });

  test("others than config.json says, and several at once", () => {
    expect(look(oneFile(dtypes("F32", /./)))).toEqual([
      "warning PLN2128 config.json says torch_dtype bfloat16; the weights are F32 (100 % of the bytes)",
    ]);
    expect(look(oneFile(dtypes("F16", /layers\.1\.self_attn\.q_proj/)))).toEqual([
      "warning PLN2128 model.layers.{layer}.self_attn.q_proj.weight is stored in several formats: 1 in BF16 and 1 in F16",
    ]);
    // A router or a bias in float32 beside weights in bfloat16 is as published.
    expect(look(oneFile(dtypes("F32", /mlp\.gate\.weight|norm/)))).toEqual([]);
  });
});

describe("tied embeddings", () => {
  const config = { ...toyConfig, tie_word_embeddings: true };
  const without = (name: string) => Object.fromEntries(Object.entries(sound).filter(([each]) => each !== name));

  test("need no head, or no embedding of their own", () => {
    expect(look(oneFile(without("lm_head.weight"), config))).toEqual([]);
    expect(look(oneFile(without("model.embed_tokens.weight"), config))).toEqual([]);
    expect(look(oneFile(without("lm_head.weight")))).toEqual([
      "error PLN2120 lm_head.weight is missing, and config.json does not tie it to the embedding",
    ]);
  });

  test("may be stored twice, but not with other values", () => {
    const files = oneFile(sound, config);
    expect(look(files)).toEqual([]);
    const bytes = Uint8Array.from(files["model/model.safetensors"] as Uint8Array);
    // The head is the last tensor outside the layers, and the data ends with the file.
    const outsideBytes = Object.values(outside).reduce((sum, [, shape]) => sum + 2 * shape.reduce((a, b) => a * b), 0);
    const all = Object.values(sound).reduce((sum, [, shape]) => sum + 2 * shape.reduce((a, b) => a * b), 0);
    bytes[bytes.length - all + outsideBytes - 1] = 1;
    expect(look({ ...files, "model/model.safetensors": bytes })).toEqual([
      "error PLN2129 config.json ties lm_head.weight to the embedding, but the two are stored and differ in values",
    ]);
    const other: Specs = { ...sound, "lm_head.weight": ["F32", [toy.vocabulary, toy.hidden]] };
    expect(look(oneFile(other, config))).toEqual([
      "error PLN2129 config.json ties lm_head.weight to the embedding, but the two are stored and differ in format: F32 and BF16",
    ]);
  });
});

test("names of another family", () => {
  const mixtral = Object.entries(sound)
    .filter(([name]) => !/_norm\./.test(name))
    .map(([name, spec]) => [
      name
        .replace("mlp.gate", "block_sparse_moe.gate")
        .replace("mlp.experts", "block_sparse_moe.experts")
        .replace("gate_proj", "w1")
        .replace("up_proj", "w3")
        .replace("down_proj", "w2"),
      spec,
    ]);
  expect(look(oneFile(Object.fromEntries(mixtral)))).toEqual([
    "error PLN2133 config.json says model_type qwen3_moe; the tensors have the names of mixtral",
  ]);
});

test("names as those of the inner model", () => {
  const inner = Object.entries(sound).map(([name, spec]) => [name.replace(/^model\./, ""), spec]);
  expect(look(oneFile(Object.fromEntries(inner)))).toEqual([
    "warning PLN2132 the tensors are named as those of the inner model, without model. (layers.0.self_attn.q_proj.weight)",
  ]);
});

test("several keys of config.json that are wrong at once, and what no key explains", () => {
  const wrong = { ...toyConfig, vocab_size: 11, hidden_size: 8, moe_intermediate_size: 3 };
  const found = look(oneFile(sound, wrong));
  expect(found.sort()).toEqual([
    "error PLN2122 config.json says hidden_size 8; the weights have 6",
    "error PLN2122 config.json says moe_intermediate_size 3; the weights have 4",
    "error PLN2122 config.json says vocab_size 11; the weights have 10",
  ]);
  const { "model.layers.1.self_attn.o_proj.weight": _, ...lacking } = sound;
  expect(look(oneFile(lacking, { ...toyConfig, vocab_size: 11 }))).toEqual([
    "error PLN2122 config.json says vocab_size 11; the weights have 10",
    "error PLN2120 model.layers.1.self_attn.o_proj.weight is missing; by config.json it is [6, 4096]",
  ]);
  const { head_dim: __, ...absent } = toyConfig;
  expect(look(oneFile(sound, absent))).toEqual(["error PLN2122 config.json leaves head_dim out; the weights have 128"]);
});

test("an index that counts other bytes than its files have", () => {
  const files = sharded({ "a.safetensors": sound });
  const index = "model/model.safetensors.index.json";
  const { weight_map } = JSON.parse(String(files[index]));
  const bytes = Object.values(sound).reduce((sum, [, shape]) => sum + 2 * shape.reduce((a, b) => a * b), 0);
  const counted = (total_size: unknown) =>
    look({ ...files, [index]: JSON.stringify({ metadata: { total_size }, weight_map }) });
  expect(counted(bytes)).toEqual([]);
  expect(counted("many")).toEqual([]);
  expect(counted(bytes + 1)).toEqual([
    expect.stringMatching(
      /^warning PLN2130 model.safetensors.index.json says total_size [\d,]+; the tensors of its files have [\d,]+ bytes$/,
    ),
  ]);
});

test("an adapter's folder is none of a model", () => {
  const folder = {
    "model/adapter_config.json": JSON.stringify({ base_model_name_or_path: "Qwen/Qwen3-30B-A3B" }),
    "model/adapter_model.safetensors": safetensors({ a: ["F32", [1]] }),
    "model/config.json": JSON.stringify(toyConfig),
  };
  expect(look(folder)).toEqual([
    "error PLN2131 model holds an adapter (adapter_model.safetensors), not a model (its base is Qwen/Qwen3-30B-A3B)",
  ]);
  const { "model/adapter_config.json": _, ...bare } = folder;
  expect(look(bare)[0]).toMatch(/^error PLN2131 model holds an adapter \(adapter_model.safetensors\), not a model$/);
});

test("what an adapter and a wrapper leave in the names", () => {
  const peft: Specs = {
    ...Object.fromEntries(
      Object.entries(sound).map(([name, spec]) => [
        `base_model.model.${name.replace("q_proj.weight", "q_proj.base_layer.weight")}`,
        spec,
      ]),
    ),
    "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": ["BF16", [2, toy.hidden]],
  };
  const found = look(oneFile(peft));
  expect(found).toEqual([
    expect.stringMatching(/^error PLN2121 the names of \d+ tensors carry base_model.model. of PEFT/),
    expect.stringMatching(/^error PLN2121 the weights hold 1 tensor of an adapter/),
  ]);
});

test("a family without a table: a layer that lacks what the others have", () => {
  const layer = (number: number): Specs => ({
    [`model.language_model.layers.${number}.self_attn.q_proj.weight`]: ["BF16", [4, toy.hidden]],
    [`model.language_model.layers.${number}.input_layernorm.weight`]: ["BF16", [toy.hidden]],
    [`model.language_model.layers.${number}.mlp.experts.gate_up_proj`]: ["BF16", [3, 8, toy.hidden]],
    [`model.language_model.layers.${number}.mlp.experts.down_proj`]: ["BF16", [3, toy.hidden, 4]],
  });
  const linear: Specs = {
    ...layer(3),
    "model.language_model.layers.3.linear_attn.in_proj.weight": ["BF16", [4, toy.hidden]],
    "model.language_model.layers.3.linear_attn.out_proj.weight": ["BF16", [4, toy.hidden]],
  };
  delete (linear as Record<string, unknown>)["model.language_model.layers.3.self_attn.q_proj.weight"];
  const whole = { ...layer(0), ...layer(1), ...layer(2), ...linear };
  const config = { model_type: "qwen3_5_moe", text_config: { ...toyConfig, num_hidden_layers: 4 } };
  expect(look(oneFile(whole, config))).toEqual([]);
  const { "model.language_model.layers.1.input_layernorm.weight": _, ...lacking } = whole;
  expect(look(oneFile(lacking, config))).toEqual([
    "warning PLN2135 layer 1 lacks model.language_model.layers.1.input_layernorm.weight, which 2 other layers of its kind have",
  ]);
});
