import { describe, expect, test } from "vitest";
import { planc } from "../cli/io.ts";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { type checkTree, config, plan } from "../plans.ts";

type Tree = NonNullable<Parameters<typeof checkTree>[0]>;
const qwen = (changes: Tree = {}) => config("Qwen3-30B-A3B", changes);

/** `code text-pointed-at` of everything that is wrong, or of what is said at all. */
function said(changes: Tree, model: unknown, severity = "error"): string[] {
  const host = memoryHost({
    "plan.yaml": JSON.stringify(plan(changes), null, 2),
    "config.json": JSON.stringify(model, null, 2),
  });
  const { diagnostics, sources } = checkPlan(host, "plan.yaml");
  return diagnostics
    .filter((diagnostic) => diagnostic.severity === severity)
    .map(({ code, location: { file, range } }) => {
      const line = (sources.get(file) ?? "").split("\n")[range.start.line] ?? "";
      const end = range.end.line === range.start.line ? range.end.character : undefined;
      return `${code} ${file} ${line.slice(range.start.character, end)}`;
    });
}

describe("what is wrong with a config.json is one error, at its place", () => {
  test.each<[string, unknown, string]>([
    ["a list", [1, 2], "PLN2001 config.json ["],
    ["no model_type", qwen({ model_type: undefined }), "PLN2002 config.json {"],
    ["a model_type that nobody has", qwen({ model_type: "qwen3_mor" }), 'PLN2003 config.json "qwen3_mor"'],
    ["a dense model", config("Qwen3-8B"), 'PLN2004 config.json "qwen3"'],
    ["a family that is not there yet", qwen({ model_type: "jamba" }), 'PLN2005 config.json "jamba"'],
    ["a text model inside", { model_type: "qwen3_vl_moe", text_config: qwen() }, 'PLN2006 config.json "qwen3_vl_moe"'],
    ["a size left out", qwen({ moe_intermediate_size: undefined }), 'PLN2007 config.json "qwen3_moe"'],
    ["experts that are null", qwen({ num_experts: null }), "PLN2008 config.json null"],
    ["a size as text", qwen({ hidden_size: "2048" }), 'PLN2008 config.json "2048"'],
    ["more layers than anything has", qwen({ num_hidden_layers: 2 ** 31 }), "PLN2008 config.json 2147483648"],
    ["more experts than anything has", qwen({ num_experts: 2 ** 31 }), "PLN2008 config.json 2147483648"],
    ["a list for a size", qwen({ hidden_size: [2048] }), 'PLN2008 config.json "hidden_size"'],
    ["aliases that disagree", qwen({ num_local_experts: 64 }), "PLN2009 config.json 64"],
    ["more experts for a token than there are", qwen({ num_experts_per_tok: 200 }), "PLN2011 config.json 200"],
  ])("%s", (_, model, expected) => {
    expect(said({}, model)).toEqual([expected]);
  });
});

describe("what a plan says against its model", () => {
  test.each<[string, Tree, unknown, string]>([
    ["a layout of another family", { model: { layout: "gate_up_interleaved" } }, qwen(), "PLN2010"],
    ["a Hub checkpoint to convert", { model: { layout: "fused", checkpoint: "someone/fused" } }, qwen(), "PLN2020"],
    ["a conversion to what is there", { conversion: { to: "per_expert" } }, qwen(), "PLN2019"],
    ["a conversion that is no copy", { conversion: { to: "gate_up_transposed" } }, qwen(), "PLN2018"],
    ["an export to a layout of another family", { export: { layout: "gate_up_interleaved" } }, qwen(), "PLN2021"],
    ["an export to 4 bits", { export: { layout: "mxfp4" } }, config("gpt-oss-20b"), "PLN2021"],
    ["a quantisation that cannot be undone", {}, qwen({ quantization_config: { quant_method: "awq" } }), "PLN2016"],
  ])("%s is an error", (_, changes, model, code) => {
    expect(said(changes, model).map((text) => text.slice(0, 7))).toEqual([code]);
  });

  test("a checkpoint in fp8, which the job refuses, is pointed out", () => {
    const found = said({}, qwen({ quantization_config: { quant_method: "fp8" } }), "warning");
    expect(found).toEqual(['PLN2017 plan.yaml "/checkpoints/model"']);
  });

  test("sequences beyond the model's positions are pointed out at max_length", () => {
    const short = qwen({ max_position_embeddings: 2048 });
    const found = [...said({}, short), ...said({}, short, "warning")];
    expect(found).toEqual(["PLN2014 plan.yaml 4096"]);
  });

  test("a quantised checkpoint that the job dequantises is pointed out", () => {
    const quantised = config("gpt-oss-20b");
    const found = [...said({}, quantised, "warning"), ...said({}, quantised, "info"), ...said({}, quantised)];
    expect(found.map((text) => text.slice(0, 7))).toContain("PLN2015");
  });

  test("states that leave a tenth of the GPU or less are warned of", () => {
    const tight = { cluster: { gpu: { name: "gpu-62", memory_gb: 62 } } };
    expect(said(tight, qwen(), "warning").map((text) => text.slice(0, 7))).toEqual(["PLN5003"]);
  });
});

test("two plans of one name are not compiled into one folder", async () => {
  const files = {
    "a.yaml": JSON.stringify(plan()),
    "b.yaml": JSON.stringify(plan()),
    "config.json": JSON.stringify(qwen()),
  };
  const { code, stderr } = await planc(["compile", "a.yaml", "b.yaml", "--dry-run"], files);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("PLN5024: generated/test is the bundle of a.yaml already"),
  ]);
});
