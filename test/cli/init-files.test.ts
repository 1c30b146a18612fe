/** `planc init` over files of its own: what lies beside the config.json, and where the plan goes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inFolder } from "./binary.ts";
import { putFused } from "./fused.ts";
import { planc } from "./inside.ts";

const cluster = ["--gpu", "h100-sxm-80gb", "--gpus-per-node", "8"];

function init(folder: string, config: string, ...more: string[]) {
  return planc(folder, "init", config, ...cluster, ...more);
}

/** check and compile say the same, and that it is fine. */
async function judge(folder: string, plan: string): Promise<string> {
  const checked = await planc(folder, "check", plan);
  const compiled = await planc(folder, "compile", plan);
  expect([checked.status, compiled.status, compiled.stderr]).toEqual([0, 0, checked.stderr]);
  expect(compiled.stdout.split("\n")[0]).toBe(checked.stdout.trim());
  return checked.stderr;
}

test("the config.json alone: the plan passes, and says that the weights are not here", () =>
  inFolder(async (folder) => {
    expect(await init(folder, "models/qwen3-30b-a3b", "-o", "new/deep/mine.yaml")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(await judge(folder, "new/deep/mine.yaml")).toMatch(
      /^warning PLN5050: models\/qwen3-30b-a3b has no weights here/,
    );
    // Paths count from the plan.
    const text = readFileSync(join(folder, "new/deep/mine.yaml"), "utf8");
    expect(text).toContain('checkpoint: "../../models/qwen3-30b-a3b"\n');
    expect((await planc(join(folder, "new"), "check", "deep/mine.yaml")).status).toBe(0);
  }));

test("a checkpoint: its layout is written down, and the plan passes without a word", () =>
  inFolder(async (folder) => {
    putFused(folder);
    expect((await init(folder, "model/", "-o", "mine.yaml")).status).toBe(0);
    expect(readFileSync(join(folder, "mine.yaml"), "utf8")).toContain("  layout: fused\n");
    expect(await judge(folder, "mine.yaml")).toBe("");
  }));

test("a broken checkpoint is refused as planc inspect does, and nothing is written", () =>
  inFolder(async (folder) => {
    putFused(folder);
    writeFileSync(join(folder, "model/model.safetensors"), "no");
    const { status, stderr } = await init(folder, "model", "-o", "mine.yaml");
    expect([status, stderr]).toEqual([1, expect.stringContaining("error PLN2103: model/model.safetensors")]);
    expect(existsSync(join(folder, "mine.yaml"))).toBe(false);
  }));

test("no file is replaced, no link followed, and what cannot be written is said", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "mine.yaml"), "precious");
    symlinkSync("nowhere.yaml", join(folder, "link.yaml"));
    for (const output of ["mine.yaml", "link.yaml", "models"]) {
      const { status, stderr } = await init(folder, "models/qwen3-30b-a3b", "-o", output);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`${output} is there already`)]);
    }
    const below = await init(folder, "models/qwen3-30b-a3b", "-o", "mine.yaml/plan.yaml");
    expect([below.status, below.stderr]).toEqual([2, expect.stringContaining("cannot write mine.yaml/plan.yaml: ")]);
    expect(readFileSync(join(folder, "mine.yaml"), "utf8")).toBe("precious");
    expect(readdirSync(folder).sort()).toEqual(["link.yaml", "mine.yaml", "models", "plans"]);
  }));

test("hostile input ends in a sentence, with the exit code that is documented", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "empty"));
    writeFileSync(join(folder, "binary.json"), Uint8Array.of(0x7b, 0xff));
    writeFileSync(join(folder, "list.json"), "[]");
    writeFileSync(join(folder, "types.json"), '{"model_type": "qwen3_moe", "num_experts": "many", "hidden_size": -1}');
    for (const [config, code, said, ...more] of [
      ["nowhere", 2, "PLN1001"],
      ["empty", 2, "PLN1001"],
      ["binary.json", 1, "PLN1002"],
      ["list.json", 1, "PLN2001"],
      ["types.json", 1, "PLN20"],
      ["-", 2, "planc init needs a file"],
      ["models/qwen3-30b-a3b", 2, "the plan would be wrong", "--name", "a b"],
      ["models/qwen3-30b-a3b", 2, "--max-length takes a whole number", "--max-length", "long"],
      ["models/qwen3-30b-a3b", 2, "the plan would be wrong", "--nodes", "999999999"],
    ] as const) {
      const ran = await init(folder, config, ...more);
      expect([config, ran.status, ran.stdout, ran.stderr]).toEqual([config, code, "", expect.stringContaining(said)]);
      expect(ran.stderr).not.toMatch(/plan\.yaml|is a bug|^ +at /m);
    }
    rmSync(join(folder, "empty"), { recursive: true });
  }));
