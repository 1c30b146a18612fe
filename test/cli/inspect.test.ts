import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { oneFile, sharded, toyTensors } from "../checkpoint/toy.ts";
import { inFolder } from "./binary.ts";
import { putFused } from "./fused.ts";
import { planc } from "./inside.ts";

function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  mkdirSync(join(folder, "model"), { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
}

describe("planc inspect DIR", () => {
  test("says what a sound checkpoint holds, on standard output alone", () =>
    inFolder(async (folder) => {
      put(folder, oneFile(toyTensors("gate_up", "gate_up")));
      const { status, stdout, stderr } = await planc(folder, "inspect", "model/");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toBe(`Checkpoint
  folder  model
  family  qwen3_moe
  layout  gate_up: 3 experts in each of layers 0 and 1
  size    218.2 KiB in 25 tensors and 1 file
  dtypes  BF16: 218.2 KiB in 25 tensors
  config  names, shapes and formats of all tensors were compared

Files
  25 tensors  220.7 KiB  model.safetensors

Experts
  2 tensors  576 B  model.layers.*.mlp.experts.gate_up_proj
  2 tensors  288 B  model.layers.*.mlp.experts.down_proj

Everything else
  12 tensors  217.0 KiB  model.layers.*.self_attn
    1 tensor      120 B  model.embed_tokens.weight
    1 tensor      120 B  lm_head.weight
   2 tensors       72 B  model.layers.*.mlp
   2 tensors       24 B  model.layers.*.input_layernorm
   2 tensors       24 B  model.layers.*.post_attention_layernorm
    1 tensor       12 B  model.norm.weight
`);
    }));

  test("names what is wrong on standard error and returns 1", () =>
    inFolder(async (folder) => {
      put(folder, oneFile(toyTensors("gate_up", "per_expert")));
      const { status, stdout, stderr } = await planc(folder, "inspect", "model", "--format", "plain");
      expect(status).toBe(1);
      expect(stdout).toContain("  layout  gate_up: 3 experts in layer 0\n          per_expert: 3 experts in layer 1\n");
      expect(stderr).toBe(
        "model:1:1: error PLN2114: the experts are stored in several layouts: layer 0 as gate_up, layer 1 as per_expert\n",
      );
    }));

  test("returns 2 for what cannot be read", () =>
    inFolder(async (folder) => {
      const gone = await planc(folder, "inspect", "nowhere");
      expect(gone).toMatchObject({ status: 2, stdout: "" });
      expect(gone.stderr).toContain("error PLN1001: cannot read nowhere: does not exist");
      const file = await planc(folder, "inspect", "models/qwen3-30b-a3b/config.json");
      expect(file).toMatchObject({ status: 2, stdout: "" });
      expect(file.stderr).toContain("is no folder");
      expect((await planc(folder, "inspect")).status).toBe(2);
      const empty = await planc(folder, "inspect", "models", "--format", "json");
      expect(empty.status).toBe(1);
      expect(JSON.parse(empty.stdout)).toMatchObject({ folder: "models", layout: null, tensors: null });
    }));

  test("prints one object for programs, findings included", () =>
    inFolder(async (folder) => {
      put(folder, { ...oneFile(toyTensors("fused", "fused")), "model/model.safetensors.index.json": "{}" });
      const { status, stdout, stderr } = await planc(folder, "inspect", "model", "--format", "json");
      expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({
        version: 1,
        model_type: "qwen3_moe",
        layout: "fused",
        experts: [{ num_experts: 3, layouts: [{ layout: "fused", layers: [0, 1] }] }],
        stored: "plain",
        compared: "all",
        tensors: 27,
        files: [{ name: "model.safetensors", tensors: 27 }],
        summary: { errors: 1, warnings: 0 },
        diagnostics: [{ code: "PLN2105", file: "model/model.safetensors.index.json" }],
      });
    }));

  test("spells out what a hostile name would do to a terminal", () =>
    inFolder(async (folder) => {
      const evil = "\u001b[2J\u202eevil";
      put(folder, oneFile({ ...toyTensors("fused", "fused"), [evil]: ["U8", [1]] }));
      const sound = await planc(folder, "inspect", "model");
      expect(sound.status).toBe(1);
      expect(sound.stderr).toContain("of this config.json reads \\x1b[2J\\u202eevil");
      expect(sound.stdout).toContain("\\x1b[2J\\u202eevil");
      put(folder, sharded({ "a.safetensors": { [evil]: ["U8", [1]] } }, { [evil]: `${evil}.safetensors` }));
      const refused = await planc(folder, "inspect", "model");
      expect(refused.status).toBe(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
      expect(sound.stdout + sound.stderr + refused.stdout + refused.stderr).not.toMatch(/[\u001b\u202e]/);
    }));

  test("summarises many files", () =>
    inFolder(async (folder) => {
      const shards = Array.from({ length: 25 }, (_, number) => [
        `model-${number + 10}.safetensors`,
        { [`t${number}`]: ["U8", [1]] },
      ]);
      put(folder, sharded({ ...Object.fromEntries(shards), "model-99.safetensors": toyTensors("fused", "fused") }));
      const { stdout } = await planc(folder, "inspect", "model");
      expect(stdout).toContain(
        "Files\n  26 files of 63 B to 220.9 KiB\n  model-10.safetensors to\n  model-99.safetensors\n",
      );
      expect(stdout).toMatch(/ 9 tensors +9 B {2}under 9 other names\n$/);
    }));
});

describe("--write PLAN", () => {
  /** What `--write` makes of a plan for the toy, stored as `fused`. */
  const written = async (folder: string, text: string, file = "plan.yaml") => {
    writeFileSync(join(folder, file), text);
    const { status, stderr } = await planc(folder, "inspect", "model", "--write", "plan.yaml", "--format", "plain");
    return { status, stderr, text: readFileSync(join(folder, file), "utf8"), names: readdirSync(folder) };
  };
  const head = (plan: string) => plan.replace("../models/", "models/").replace(/ {2}layout: .*\n/, "");

  test("changes the value, or adds a line, and nothing else", () =>
    inFolder(async (folder, plan) => {
      put(folder, oneFile(toyTensors("fused", "fused")));
      const without = head(plan);
      const revision = /( {2}revision: .*)\n/;
      const at = (text: string) => text.replace(revision, "$1\n  layout: fused\n");
      const forms: readonly [before: string, after: string][] = [
        [without, at(without)],
        [without.replace(revision, "$1   # pinned\n"), at(without.replace(revision, "$1   # pinned\n"))],
        [`\ufeff${without}`, `\ufeff${at(without)}`],
        [without.replaceAll("\n", "\r\n"), at(without).replaceAll("\n", "\r\n")],
        [
          at(without).replace("layout: fused", 'layout: "per_expert"  # as published'),
          at(without).replace("layout: fused", 'layout: "fused"  # as published'),
        ],
        [
          without.replace(
            /model:\n( {2}.*\n)+/,
            "model: { config: models/qwen3-30b-a3b/config.json, checkpoint: a/b } # one line\n",
          ),
          without.replace(
            /model:\n( {2}.*\n)+/,
            "model: { config: models/qwen3-30b-a3b/config.json, checkpoint: a/b, layout: fused } # one line\n",
          ),
        ],
        [
          without.replace(
            /model:\n( {2}.*\n)+/,
            'model: {\n  "checkpoint": "a/b",\n  "config": "models/qwen3-30b-a3b/config.json" }\n',
          ),
          without.replace(
            /model:\n( {2}.*\n)+/,
            'model: {\n  "checkpoint": "a/b", "layout": "fused",\n  "config": "models/qwen3-30b-a3b/config.json" }\n',
          ),
        ],
      ];
      for (const [before, after] of forms) {
        expect(before).not.toBe(after);
        const { status, text, stderr, names } = await written(folder, before);
        expect(text, stderr).toBe(after);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "plan.yaml says model.layout fused now\n" });
        expect(names.filter((name) => name.startsWith(".planc"))).toEqual([]);
        expect((await written(folder, after)).stderr).toBe("plan.yaml says model.layout fused already\n");
      }
    }));

  test("changes the shared file that holds the model section", () =>
    inFolder(async (folder, plan) => {
      put(folder, oneFile(toyTensors("fused", "fused")));
      const shared = "config: models/qwen3-30b-a3b/config.json\ncheckpoint: a/b";
      const own = head(plan).replace(/model:\n( {2}.*\n)+/, "model: shared.yaml\n");
      writeFileSync(join(folder, "plan.yaml"), own);
      const { status, text } = await written(folder, shared, "shared.yaml");
      expect({ status, text }).toEqual({ status: 0, text: `${shared}\nlayout: fused` });
      expect(readFileSync(join(folder, "plan.yaml"), "utf8")).toBe(own);
    }));

  test("refuses, and leaves the plan as it is, where it cannot tell or no small change will do", () =>
    inFolder(async (folder, plan) => {
      const without = head(plan);
      put(folder, oneFile(toyTensors("fused", "gate_up")));
      const mixed = await written(folder, without);
      expect(mixed).toMatchObject({ status: 1, text: without });
      expect(mixed.stderr).toMatch(/PLN2114: .*\nplan\.yaml is left as it is: the checkpoint has errors\n$/);

      put(folder, oneFile(toyTensors("fused", "fused"), { model_type: "qwen3" }));
      expect(await written(folder, without)).toMatchObject({ status: 1, text: without });
      expect((await written(folder, without)).stderr).toContain("PLN2117: there is no layout to record in plan.yaml");

      put(folder, oneFile(toyTensors("fused", "fused")));
      const explicit = without.replace(/ {2}(config|checkpoint|revision): (.*)\n/g, "  ? $1\n  : $2\n");
      const refused = await written(folder, explicit);
      expect(refused).toMatchObject({ status: 1, text: explicit });
      expect(refused.stderr).toContain("PLN2117: layout fused cannot be recorded in plan.yaml");

      rmSync(join(folder, "plan.yaml"));
      writeFileSync(join(folder, "real.yaml"), without);
      symlinkSync("real.yaml", join(folder, "plan.yaml"));
      const linked = await planc(folder, "inspect", "model", "--write", "plan.yaml", "--format", "plain");
      expect(linked.stderr).toContain("it is a symbolic link");
      expect(readFileSync(join(folder, "real.yaml"), "utf8")).toBe(without);

      expect((await planc(folder, "inspect", "model", "--write", "gone.yaml")).status).toBe(2);
      expect(existsSync(join(folder, "gone.yaml"))).toBe(false);
    }));
});

describe("planc check of a plan whose checkpoint lies here", () => {
  const local = (plan: string, checkpoint: string) =>
    plan.replace(/checkpoint: .*/, `checkpoint: ${checkpoint}`).replace(/ {2}revision: .*\n/, "");

  test("says that it is stored otherwise, with the fix; no other checkpoint is looked at", () =>
    inFolder(async (folder, plan) => {
      putFused(folder);
      const check = (text: string) => {
        writeFileSync(join(folder, "plans/plan.yaml"), text);
        return planc(folder, "check", "plans/plan.yaml", "--format", "json");
      };
      const { status, stdout } = await check(local(plan, "../model"));
      const { diagnostics } = JSON.parse(stdout);
      const errors = diagnostics.filter(({ severity }: { severity: string }) => severity === "error");
      expect(status).toBe(1);
      expect(errors).toMatchObject([
        {
          code: "PLN2115",
          message: "the plan takes the experts of ../model to be stored as per_expert; they are stored as fused",
          file: "plans/plan.yaml",
          fixes: [{ edits: [{ newText: "fused" }] }],
        },
      ]);
      const published = await check(local(plan, "../model/").replace(/ {2}layout: .*\n/, ""));
      expect(JSON.parse(published.stdout).diagnostics[0].message).toMatch(
        /^qwen3_moe is published as per_expert, which/,
      );
      expect((await check(local(plan, "../model").replace("layout: per_expert", "layout: fused"))).status).toBe(0);
      expect((await check(plan)).status).toBe(0);
      rmSync(join(folder, "model/config.json"));
      // Might be a Hub id, and the folder is no checkpoint.
      expect(JSON.parse((await check(local(plan, "model"))).stdout).summary.errors).toBe(0);
    }));

  test("compile writes the same bytes whether it is there or not", () =>
    inFolder(async (folder, plan) => {
      writeFileSync(
        join(folder, "plans/plan.yaml"),
        local(plan, "../model").replace("layout: per_expert", "layout: fused"),
      );
      const bundle = async (warning = "") => {
        const { status, stderr } = await planc(folder, "compile", "plans/plan.yaml", "--out", "bundle");
        expect([status, /PLN\d+/.exec(stderr)?.[0] ?? ""]).toEqual([0, warning]);
        const names = readdirSync(join(folder, "bundle"), { recursive: true, encoding: "utf8" }).sort();
        const files = names.filter((name) => !name.endsWith("planc_runtime") && /\./.test(name));
        const content = files.map((name) => [name, readFileSync(join(folder, "bundle", name), "latin1")]);
        rmSync(join(folder, "bundle"), { recursive: true });
        return content;
      };
      const before = await bundle();
      expect(before.map(([name]) => name)).toContain("plan.lock.json");
      putFused(folder);
      expect(await bundle()).toEqual(before);
      rmSync(join(folder, "model/model.safetensors"));
      expect(await bundle("PLN5050")).toEqual(before);
      // An error that check shows is one that compile shows.
      writeFileSync(join(folder, "model/broken.safetensors"), "no");
      writeFileSync(join(folder, "model/model.safetensors.index.json"), '{"weight_map":{"a":"broken.safetensors"}}');
      const checked = await planc(folder, "check", "plans/plan.yaml");
      const compiled = await planc(folder, "compile", "plans/plan.yaml");
      expect(checked.stderr).toContain("error PLN2103");
      expect(compiled).toEqual(checked);
    }));

  test("a name with one slash is a Hub id, unless a folder beside the plan has a config.json", () =>
    inFolder(async (folder, plan) => {
      putFused(folder);
      mkdirSync(join(folder, "plans/org"));
      writeFileSync(join(folder, "plans/plan.yaml"), local(plan, "org/model"));
      expect((await planc(folder, "check", "plans/plan.yaml")).status).toBe(0);
      renameSync(join(folder, "model"), join(folder, "plans/org/model"));
      expect((await planc(folder, "check", "plans/plan.yaml")).stderr).toContain("error PLN2115");
    }));
});
