import { describe, expect, test } from "vitest";
import { inspectCheckpoint } from "../../src/checkpoint/inspect.ts";
import { layersOf, runsOf } from "../../src/checkpoint/layout.ts";
import { slotsOf } from "../../src/checkpoint/slots.ts";
import { memoryHost } from "../host.ts";
import { config } from "../plans.ts";
import { besideIn, expertsIn, oneFile, outside, type Specs, sharded, toy, toyConfig, toyTensors } from "./toy.ts";

function look(files: Readonly<Record<string, string | Uint8Array>>) {
  const { value, diagnostics } = inspectCheckpoint(memoryHost(files), "model");
  return { value, found: diagnostics.map(({ code, message }) => `${code} ${message}`) };
}

const without = (tensors: Specs, ...names: readonly string[]): Specs =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));

describe.each(["per_expert", "fused", "gate_up"] as const)("experts that are stored as %s", (layout) => {
  test("are found to be", () => {
    const { value, found } = look(oneFile(toyTensors(layout, layout)));
    expect(found).toEqual([]);
    expect(value?.layout).toBe(layout);
    expect(value?.sets.map(({ layers }) => runsOf(layers))).toEqual([[{ layout, layers: [0, 1] }]]);
    expect(value?.sorted.others).toContainEqual({ pattern: "model.embed_tokens.weight", tensors: 1, bytes: 120 });
    expect(value?.sorted.others).toHaveLength(Object.keys({ ...outside, ...besideIn(0) }).length);
  });

  test("have scales beside them where they are quantised", () => {
    const tensors = toyTensors(layout, layout);
    const scales = Object.keys(tensors).filter((name) => name.includes("experts"));
    const all: Specs = { ...tensors, ...Object.fromEntries(scales.map((name) => [`${name}_scale_inv`, ["F32", [1]]])) };
    const quantization_config = { quant_method: "fp8", weight_block_size: [128, 128] };
    const { value, found } = look(oneFile(all, { ...toyConfig, quantization_config }));
    expect(found).toEqual([]);
    expect(value?.sorted.scales.reduce((sum, part) => sum + part.tensors, 0)).toBe(scales.length);
    expect(value?.sorted.others).toHaveLength(Object.keys({ ...outside, ...besideIn(0) }).length);
  });

  test("are missed where one is not there", () => {
    const tensors = toyTensors(layout, layout);
    const last = Object.keys(tensors).at(-1) ?? "";
    const all = Object.keys(expertsIn(layout, 1)).length;
    expect(look(oneFile(without(tensors, last))).found).toEqual([
      `PLN2112 layer 1 lacks 1 of its ${all} tensors of experts, ${last} first`,
    ]);
  });

  test("are missed where a layer has none", () => {
    const tensors = without(toyTensors(layout, layout), ...Object.keys(expertsIn(layout, 1)));
    expect(look(oneFile(tensors)).found).toEqual([
      "PLN2112 layer 1 holds no experts; config.json has 3 experts in each",
    ]);
  });

  test("have the shapes that config.json asks for", () => {
    const other = { ...toyConfig, moe_intermediate_size: toy.width + 1 };
    const { value, found } = look(oneFile(toyTensors(layout, layout), other));
    expect(value?.layout).toBe(layout);
    expect(found).toEqual(["PLN2122 config.json says moe_intermediate_size 5; the weights have 4"]);
  });
});

test("a shape says what it is, what it should be and how many more are so", () => {
  const expert = "model.layers.0.mlp.experts.0";
  const wrong: Specs = {
    [`${expert}.gate_proj.weight`]: ["BF16", [4, 7]],
    [`${expert}.up_proj.weight`]: ["BF16", [4, 7]],
  };
  expect(look(oneFile({ ...toyTensors("per_expert", "per_expert"), ...wrong })).found).toEqual([
    `PLN2113 ${expert}.gate_proj.weight is [4, 7]; by config.json it is [4, 6]; 1 other tensor of experts is not as it says either`,
  ]);
});

test("layers in different layouts are named", () => {
  const { value, found } = look(oneFile(toyTensors("gate_up", "per_expert")));
  expect(value?.layout).toBeUndefined();
  expect(found).toEqual([
    "PLN2114 the experts are stored in several layouts: layer 0 as gate_up, layer 1 as per_expert",
  ]);
});

test("a layer that is stored twice is found", () => {
  const { value, found } = look(oneFile({ ...toyTensors("per_expert", "per_expert"), ...expertsIn("gate_up", 1) }));
  expect(value?.layout).toBeUndefined();
  expect(found).toEqual([
    "PLN2114 layer 1 holds experts in two layouts, per_expert and gate_up (model.layers.1.mlp.experts.gate_up_proj)",
  ]);
});

test("an expert and a layer more than config.json has", () => {
  const extra: Specs = { "model.layers.1.mlp.experts.3.up_proj.weight": ["BF16", [toy.width, toy.hidden]] };
  expect(look(oneFile({ ...toyTensors("per_expert", "per_expert"), ...extra })).found).toEqual([
    "PLN2113 model.layers.1.mlp.experts.3.up_proj.weight is of expert 3; config.json has 3, the last is 2",
  ]);
  const dense = { ...toyConfig, mlp_only_layers: [1], intermediate_size: 8 };
  const mlp: Specs = {
    "model.layers.1.mlp.gate_proj.weight": ["BF16", [8, toy.hidden]],
    "model.layers.1.mlp.up_proj.weight": ["BF16", [8, toy.hidden]],
    "model.layers.1.mlp.down_proj.weight": ["BF16", [toy.hidden, 8]],
  };
  const both = without({ ...toyTensors("fused", "fused"), ...mlp }, "model.layers.1.mlp.gate.weight");
  expect(look(oneFile(both, dense)).found).toEqual([
    "PLN2113 layer 1 holds experts (model.layers.1.mlp.experts.gate_proj); by config.json it has none",
  ]);
});

test("layers behind the model's own are told apart, and refused where transformers does not pass over them", () => {
  const tensors: Specs = {
    ...toyTensors("per_expert", "per_expert"),
    ...expertsIn("gate_up", 2),
    "model.layers.2.eh_proj.weight": ["BF16", [2]],
  };
  const { value, found } = look(oneFile(tensors));
  expect(found).toEqual([
    expect.stringMatching(
      /^PLN2121 3 tensors in layer 2, behind the 2 layers of config.json, which transformers does not/,
    ),
  ]);
  expect(value?.layout).toBe("per_expert");
  expect(value?.sorted.extra.map(({ pattern }) => pattern)).toEqual([
    "model.layers.*.mlp.experts.gate_up_proj",
    "model.layers.*.mlp.experts.down_proj",
    "model.layers.*.eh_proj.weight",
  ]);
});

test("experts that a missing file holds are not reported a second time", () => {
  const files = sharded({ "a.safetensors": expertsIn("fused", 0), "b.safetensors": expertsIn("fused", 1) });
  delete files["model/b.safetensors"];
  expect(look(files).found.map((message) => message.split(" ")[0])).toEqual(["PLN2107"]);
});

test("a checkpoint whose experts have names that planc does not know", () => {
  const renamed = Object.entries(toyTensors("fused", "fused")).map(([name, spec]) => [
    name.replace(".experts.", ".moe."),
    spec,
  ]);
  const { value, found } = look(oneFile(Object.fromEntries(renamed)));
  expect(value?.layout).toBeUndefined();
  expect(found.filter((message) => !message.startsWith("PLN2121"))).toEqual([
    "PLN2112 no tensor has the name of an expert of qwen3_moe: model.layers.0.mlp.experts.0.gate_proj.weight is expected first",
  ]);
});

test("a family that planc does not know: its files are judged all the same", () => {
  const { value, found } = look(oneFile(toyTensors("fused", "fused"), { model_type: "qwen3" }));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^PLN2116 planc does not know how qwen3 stores its experts/);
  expect(value?.checkpoint.files).toHaveLength(1);
});

test.each<[unknown, string]>([
  [[], "PLN2001"],
  [{}, "PLN2002"],
  [{ ...toyConfig, num_hidden_layers: 2 ** 31 }, "PLN2008"],
  [{ ...toyConfig, num_experts: "many" }, "PLN2008"],
])("a config.json that cannot be used is reported beside the files: %j", (modelConfig, code) => {
  const { value, found } = look(oneFile(toyTensors("fused", "fused"), modelConfig));
  expect(found.map((message) => message.split(" ")[0])).toEqual([code]);
  expect(value?.checkpoint.files).toHaveLength(1);
});

test("of layouts with the same names, the one whose shapes fit, else the published one", () => {
  const names = { gate_up_proj: ["l.{layer}.gate_up_proj"], down_proj: ["l.{layer}.down_proj"] };
  const sizes = { num_experts: toy.experts, width: toy.width, hidden: toy.hidden, layers: [0] };
  const slots = slotsOf({ layouts: { gate_up: names, gate_up_transposed: names }, sizes: () => sizes });
  const layoutOf = (published: "gate_up" | "gate_up_transposed", ...shapes: readonly (readonly number[])[]) => {
    const patterns = shapes.map((shape, index) => {
      const tensor = { name: "", dtype: "BF16", shape, begin: 0, end: 0 };
      return [["l.*.gate_up_proj", "l.*.down_proj"][index] ?? "", [{ tensor, file: "", expert: 0 }]] as const;
    });
    return layersOf({ slots, layers: new Map([[0, new Map(patterns)]]) }, sizes, published)[0]?.layout;
  };
  expect(layoutOf("gate_up", [3, 6, 8], [3, 4, 6])).toBe("gate_up_transposed");
  expect(layoutOf("gate_up_transposed", [3, 8, 6], [3, 6, 4])).toBe("gate_up");
  expect(layoutOf("gate_up_transposed", [1], [1])).toBe("gate_up_transposed");
  expect(layoutOf("gate_up", [1], [1])).toBe("gate_up");
});

test("a language model that is a part of the model: its sizes, its layers, and what stands beside it", () => {
  const { hidden_size, moe_intermediate_size, num_experts, num_hidden_layers } = toyConfig as Record<string, number>;
  const text_config = { hidden_size, moe_intermediate_size, num_experts, num_hidden_layers };
  const named = (tensors: Specs) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, spec]) => [name.replace("model.", "model.language_model."), spec]),
    );
  const tensors: Specs = {
    ...named(toyTensors("gate_up", "per_expert")),
    "model.visual.blocks.0.mlp.linear_fc1.weight": ["BF16", [3, 5]],
    ...named(expertsIn("gate_up", 2)),
  };
  const { value, found } = look(oneFile(tensors, { model_type: "qwen3_5_moe", text_config }));
  expect(found.map((message) => message.split(" ")[0])).toEqual(["PLN2114"]);
  expect(value?.sets[0]?.layers.map(({ layer, layout }) => [layer, layout])).toEqual([
    [0, "gate_up"],
    [1, "per_expert"],
  ]);
  expect(value?.sorted.extra).toHaveLength(2);
  expect(value?.sorted.others.map(({ pattern }) => pattern)).toContain("model.visual.blocks.*.mlp.linear_fc1.weight");
  const broken = look(
    oneFile(tensors, { model_type: "qwen3_5_moe", text_config: { ...text_config, num_experts: null } }),
  );
  expect(broken.found).toEqual(["PLN2008 num_experts takes a positive whole number, not null"]);
  const absent = look(oneFile(tensors, { model_type: "qwen3_5_moe" }));
  expect(absent.found[0]).toMatch(/^PLN2007 .*text_config\.num_hidden_layers/);
});

test("experts that compute nothing have gates but no way down", () => {
  const { hidden: H, width: I, experts: E } = toy;
  const modelConfig = {
    model_type: "longcat_flash",
    hidden_size: H,
    expert_ffn_hidden_size: I,
    n_routed_experts: E,
    zero_expert_num: 2,
    num_layers: 1,
  };
  const module = "model.layers.0.mlp.experts";
  const stacks: Specs = {
    [`${module}.gate_up_proj`]: ["BF16", [E + 2, 2 * I, H]],
    [`${module}.down_proj`]: ["BF16", [E, H, I]],
  };
  expect(look(oneFile(stacks, modelConfig)).found).toEqual([]);
  const published = look(oneFile(expertsIn("per_expert", 0), modelConfig));
  expect(published.found).toEqual(["PLN2122 config.json says zero_expert_num 2; the weights have 0"]);
});

describe("what stands beside the experts", () => {
  const at = "model.layers.1.self_attn";
  const tensors = toyTensors("fused", "fused");

  test("has the shapes that config.json asks for", () => {
    expect(look(oneFile(tensors)).found).toEqual([]);
    expect(look(oneFile({ ...tensors, [`${at}.q_proj.weight`]: ["BF16", [2048, 6]] })).found).toEqual([
      `PLN2118 ${at}.q_proj.weight is [2048, 6]; by config.json it is [4096, 6]`,
    ]);
    const three: Specs = { [`${at}.q_norm.weight`]: ["BF16", [64]], "model.norm.weight": ["BF16", [7]] };
    expect(look(oneFile({ ...tensors, [`${at}.q_proj.weight`]: ["BF16", [6]], ...three })).found).toEqual([
      "PLN2118 model.norm.weight is [7]; by config.json it is [6]; 2 other tensors beside the experts are not as it says either",
    ]);
  });

  test("is not judged where it is packed", () => {
    const packed: Specs = {
      ...tensors,
      [`${at}.q_proj.weight`]: ["U8", [1234, 1]],
      [`${at}.q_proj.absmax`]: ["F32", [2]],
    };
    const quantization_config = { quant_method: "bitsandbytes" };
    expect(look(oneFile(packed, { ...toyConfig, quantization_config })).found).toEqual([]);
    expect(look(oneFile(packed)).found).toEqual([
      `PLN2125 the weights are stored as bitsandbytes (${at}.q_proj.absmax), but config.json has no quantization_config`,
    ]);
    expect(look(oneFile(packed, { ...toyConfig, quantization_config: { quant_method: "awq" } })).found).toEqual([
      `PLN2125 the weights are stored as bitsandbytes (${at}.q_proj.absmax), but config.json claims awq`,
    ]);
  });
});

test("gpt_oss: as published, and dequantised", () => {
  const heads = { num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8, vocab_size: 96 };
  const sizes = { ...heads, hidden_size: 64, intermediate_size: 32, num_local_experts: 2, num_hidden_layers: 1 };
  const modelConfig = config("gpt-oss-20b", sizes);
  const module = "model.layers.0.mlp.experts";
  const at = "model.layers.0";
  const biases: Specs = {
    "model.embed_tokens.weight": ["BF16", [96, 64]],
    "model.norm.weight": ["BF16", [64]],
    "lm_head.weight": ["BF16", [96, 64]],
    [`${at}.input_layernorm.weight`]: ["BF16", [64]],
    [`${at}.post_attention_layernorm.weight`]: ["BF16", [64]],
    [`${at}.self_attn.sinks`]: ["BF16", [4]],
    [`${at}.self_attn.q_proj.weight`]: ["BF16", [32, 64]],
    [`${at}.self_attn.q_proj.bias`]: ["BF16", [32]],
    [`${at}.self_attn.k_proj.weight`]: ["BF16", [16, 64]],
    [`${at}.self_attn.k_proj.bias`]: ["BF16", [16]],
    [`${at}.self_attn.v_proj.weight`]: ["BF16", [16, 64]],
    [`${at}.self_attn.v_proj.bias`]: ["BF16", [16]],
    [`${at}.self_attn.o_proj.weight`]: ["BF16", [64, 32]],
    [`${at}.self_attn.o_proj.bias`]: ["BF16", [64]],
    [`${at}.mlp.router.weight`]: ["BF16", [2, 64]],
    [`${at}.mlp.router.bias`]: ["BF16", [2]],
    [`${module}.gate_up_proj_bias`]: ["BF16", [2, 64]],
    [`${module}.down_proj_bias`]: ["BF16", [2, 64]],
  };
  const published: Specs = {
    [`${module}.gate_up_proj_blocks`]: ["U8", [2, 64, 2, 16]],
    [`${module}.gate_up_proj_scales`]: ["U8", [2, 64, 2]],
    [`${module}.down_proj_blocks`]: ["U8", [2, 64, 1, 16]],
    [`${module}.down_proj_scales`]: ["U8", [2, 64, 1]],
    ...biases,
  };
  const plain: Specs = {
    [`${module}.gate_up_proj`]: ["BF16", [2, 64, 64]],
    [`${module}.down_proj`]: ["BF16", [2, 32, 64]],
    ...biases,
  };
  for (const [layout, tensors] of [
    ["mxfp4", published],
    ["gate_up_interleaved", plain],
  ] as const) {
    const { value, found } = look(oneFile(tensors, modelConfig));
    // The plain ones are beside a config.json that claims mxfp4 still.
    const leftover =
      "PLN2124 config.json claims mxfp4, but the weights are plain BF16: its quantization_config is a leftover";
    expect(found, layout).toEqual(layout === "mxfp4" ? [] : [leftover]);
    expect(value?.layout).toBe(layout);
  }
  const { quantization_config: _, ...unclaimed } = modelConfig;
  expect(look(oneFile(plain, unclaimed)).found).toEqual([]);
  expect(look(oneFile(published, unclaimed)).found).toEqual([
    `PLN2125 the weights are stored as mxfp4 (${module}.gate_up_proj_blocks), but config.json has no quantization_config`,
  ]);
});
