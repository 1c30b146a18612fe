/** `check`, `init` and `convert` where the weights lie on this disk: what they are decides, whatever a config.json says. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oneFile, type Specs, toyConfig, toyTensors } from "../checkpoint/toy.ts";
import { plan } from "../plans.ts";
import { inFolder } from "./binary.ts";
import { planc } from "./inside.ts";

type Tree = Readonly<Record<string, unknown>>;

/** The toy in sizes that grouped matrix products take. */
const toy: Tree = { ...toyConfig, hidden_size: 16, moe_intermediate_size: 8 };
const grown = (tensors: Specs): Specs => {
  const real = new Map([
    [6, 16],
    [4, 8],
  ]);
  const sized = Object.entries(tensors).map(([name, [dtype, shape]]) => [
    name,
    [dtype, shape.map((dim) => real.get(dim) ?? dim)],
  ]);
  return Object.fromEntries(sized);
};
const sound = grown(toyTensors("per_expert", "per_expert"));
const quantised = (method: string) => ({
  quantization_config: { quant_method: method, weight_block_size: [128, 128] },
});

/** A checkpoint in `model`, and a plan for it. Where `own` is given the plan names that config.json, not the folder's. */
function put(folder: string, tensors: Specs, beside: Tree, own?: Tree, layout?: string): void {
  mkdirSync(join(folder, "model"), { recursive: true });
  for (const [path, content] of Object.entries(oneFile(tensors, beside))) writeFileSync(join(folder, path), content);
  if (own !== undefined) writeFileSync(join(folder, "own.json"), JSON.stringify(own, null, 1));
  const model = {
    config: own === undefined ? "model/config.json" : "own.json",
    checkpoint: "./model",
    ...(layout ? { layout } : {}),
  };
  const parallelism = { ep_size: 1, fsdp_size: 1 };
  const small = plan({ model, parallelism, cluster: { nodes: 1, gpus_per_node: 1 } });
  writeFileSync(join(folder, "plan.yaml"), JSON.stringify(small));
}

/** The errors and the codes of `--format json`. */
async function checked(folder: string) {
  const { stdout } = await planc(folder, "check", "plan.yaml", "--format", "json");
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; severity: string; message: string; file: string }[];
  };
  const codes = diagnostics.map(({ code }) => code);
  return { codes, errors: diagnostics.filter(({ severity }) => severity === "error") };
}

const scaled: Specs = {
  ...Object.fromEntries(
    Object.entries(sound).map(([name, [dtype, shape]]) => [name, [/proj/.test(name) ? "F8_E4M3" : dtype, shape]]),
  ),
  ...Object.fromEntries(
    Object.entries(sound).flatMap(([name, [, shape]]) =>
      /proj/.test(name) ? [[`${name}_scale_inv`, ["F32", shape.map((size) => Math.ceil(size / 128))]]] : [],
    ),
  ),
};

test("check: a sound checkpoint, a leftover claim, and weights that are quantised", () =>
  inFolder(async (folder) => {
    put(folder, sound, toy);
    expect((await checked(folder)).errors).toEqual([]);
    // What config.json claims is not said of the weights, for a method that is only warned of and for one that is refused.
    for (const method of ["fp8", "awq"]) {
      put(folder, sound, { ...toy, ...quantised(method) });
      const { codes, errors } = await checked(folder);
      expect(errors.map(({ code, file }) => [code, file])).toEqual([["PLN2123", "model/config.json"]]);
      expect(codes.filter((code) => /PLN201[567]/.test(code))).toEqual([]);
    }
    put(folder, scaled, { ...toy, ...quantised("fp8") });
    const fp8 = await checked(folder);
    expect(fp8.errors.map(({ code, file, message }) => [code, file, message])).toEqual([
      [
        "PLN2126",
        "plan.yaml",
        expect.stringMatching(/^the weights in .\/model are fp8 \(\S+ is F8_E4M3\), which the job refuses to load/),
      ],
    ]);
    expect(fp8.codes).not.toContain("PLN2017");
    // And so where only the weights say so.
    put(folder, scaled, toy);
    expect((await checked(folder)).errors.map(({ code }) => code).sort()).toEqual(["PLN2125", "PLN2126"]);
  }));

test("init writes no plan for weights that check refuses, and one for those that it takes", () =>
  inFolder(async (folder) => {
    const init = () =>
      planc(folder, "init", "model", "--gpu", "h100-sxm-80gb", "--gpus-per-node", "2", "-o", "new.yaml");
    put(folder, scaled, { ...toy, ...quantised("fp8") });
    const refused = await init();
    expect([refused.status, refused.stdout, existsSync(join(folder, "new.yaml"))]).toEqual([1, "", false]);
    expect(refused.stderr).toMatch(/^error PLN2126: the weights in .*model are fp8/);
    put(folder, sound, toy);
    expect((await init()).status).toBe(0);
    expect((await planc(folder, "check", "new.yaml")).status).toBe(0);
  }));

test("check: a plan's config.json that is another than the checkpoint's", () =>
  inFolder(async (folder) => {
    put(folder, sound, toy, { ...toy, vocab_size: 11 });
    expect((await checked(folder)).errors.map(({ code, file, message }) => [code, file, message])).toEqual([
      ["PLN2122", "own.json", "config.json says vocab_size 11; the weights have 10"],
    ]);
    put(folder, sound, { ...toy, vocab_size: 11 }, toy);
    expect((await checked(folder)).errors.map(({ file }) => file)).toEqual(["model/config.json"]);
    // One mistake in both is told once.
    put(folder, sound, { ...toy, vocab_size: 11 }, { ...toy, vocab_size: 11, eos_token_id: 3 });
    expect((await checked(folder)).errors).toHaveLength(1);
  }));

test("check: a plan that is refused for what config.json says, and the weights do not", () =>
  inFolder(async (folder) => {
    put(folder, sound, { ...toy, hidden_size: 12 });
    const codes = (await checked(folder)).errors.map(({ code }) => code);
    expect(codes).toContain("PLN3033");
    expect(codes).toContain("PLN2122");
  }));

test("convert: weights beside the config.json are looked at before a converter is written", () =>
  inFolder(async (folder) => {
    const convert = (...args: string[]) => planc(folder, "convert", "model", ...args, "-o", `out-${args.join("-")}`);
    put(folder, grown(toyTensors("fused", "fused")), toy);
    const otherwise = await convert("--to", "gate_up");
    expect(otherwise.status).toBe(1);
    expect(otherwise.stderr).toContain("PLN2134: the experts in model are stored as fused, not as per_expert");
    expect(otherwise.stderr).toContain("--from fused");
    expect((await convert("--from", "fused", "--to", "gate_up")).status).toBe(0);

    const { "model.layers.0.mlp.gate.weight": _, ...lacking } = sound;
    put(folder, lacking, toy);
    expect((await convert("--to", "fused")).stderr).toContain("PLN2120: model.layers.0.mlp.gate.weight is missing");
    put(folder, sound, { ...toy, ...quantised("fp8") });
    expect((await convert("--to", "fused")).stderr).toContain(
      "PLN2123: config.json claims fp8, but the weights are plain BF16",
    );
    const bare = Object.entries(sound).map(([name, spec]) => [name.replace(/^model\./, ""), spec]);
    put(folder, Object.fromEntries(bare), toy);
    expect((await convert("--to", "fused")).stderr).toContain("PLN2134: the tensors in model are named without model.");
    const wrapped = Object.entries(sound).map(([name, spec]) => [`module.${name}`, spec]);
    put(folder, Object.fromEntries(wrapped), toy);
    expect((await convert("--to", "fused")).stderr).toContain("PLN2121: the names of 39 tensors carry module.");
    // What a job would not read, the converter takes over as it is.
    put(folder, { ...sound, "mtp.norm.weight": ["BF16", [16]] }, toy);
    expect((await convert("--to", "fused")).status).toBe(0);
  }));
