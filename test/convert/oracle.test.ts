/**
 * The oracle of every conversion: checkpoints that transformers saves are converted in all directions by the programs
 * that planc writes, and compared bit for bit with torch's stacks, with what transformers has in memory, and with what
 * was there before; transformers then loads them, with nothing left over and the same logits.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { inspectCheckpoint } from "../../src/checkpoint/inspect.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { emitConvert } from "../../src/convert/convert.ts";
import { lowerConversion, readerOf } from "../../src/convert/plan.ts";
import { storages } from "../../src/model/storages.ts";
import type { LayoutName } from "../../src/plan/types.ts";
import { readSource } from "../../src/source/read.ts";
import { memoryHost } from "../host.ts";
import { variants } from "../model/variants.ts";
import { python } from "../python.ts";
import { conformance, sampled } from "../sample.ts";
import { scratch } from "./converter.ts";
import { saving, tinyConfigs } from "./tiny-configs.ts";

const script = fileURLToPath(new URL("../python/convert_oracle.py", import.meta.url));

/**
 * gpt_oss is stored in layouts that bytes alone do not lead out of. Latent attention has as many key-value heads as
 * heads; transformers builds others, and then fails in their forward pass.
 */
const trained = variants
  .filter(([, { model_type }]) => model_type !== "gpt_oss")
  .map(([name, config]): [string, Readonly<Record<string, unknown>>] => [
    name,
    "kv_lora_rank" in config ? { ...config, num_key_value_heads: config["num_attention_heads"] } : config,
  ]);

/** Of every family, and of every way in which transformers saves one, the first config under `npm test`. */
const cases = sampled([...trained, ...tinyConfigs], ([name, { model_type }]) => [model_type, saving[name]]);

test("every family, in every direction, bit for bit", () => {
  const folder = scratch();
  mkdirSync(join(folder, "work"));
  const input = cases.map(([name, config], index) => ({
    name,
    config,
    saved: storages.get(String(config["model_type"]))?.published,
    ...saving[name],
    pairs: conformance ? "all" : "there and back",
    extra: index % 2 === 0 ? `${saving[name]?.layers ?? "model.layers"}.${layersOf(config)}.` : "mtp.layers.0.",
    converters: convertersFor(join(folder, String(index)), config),
  }));
  const output = execFileSync(python, [script, join(folder, "work")], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, PYTHONPATH: `${root}templates`, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const results: readonly {
    name: string;
    wrong: string[];
    compared: number;
    stacks: number;
    carried: number;
    ran: number;
  }[] = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  expect(results.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  expect(results.map(({ name }) => name)).toEqual(cases.map(([name]) => name));
  expect(results.filter(({ ran }) => ran === 1).length).toBeGreaterThanOrEqual(results.length - 8);
  for (const { stacks, carried, compared } of results) {
    // Stacks were made, and the block that the model has not was carried, whole.
    expect(stacks).toBeGreaterThanOrEqual(2);
    expect(carried).toBeGreaterThan(3);
    expect(compared).toBeGreaterThan(80);
  }
  // What transformers saved, and what became of it, is as config.json says.
  for (const [index, { name, saved }] of input.entries()) {
    const folders = readdirSync(join(folder, "work", String(index))).filter((place) => !place.includes("."));
    expect(folders.length).toBeGreaterThan(1);
    for (const place of folders) {
      const { value, diagnostics } = inspectCheckpoint(nodeHost, join(folder, "work", String(index), place));
      // Of a family with a table it is told that nothing reads the block that was added.
      const said = diagnostics.map(({ message }) => message).filter((message) => !added.test(message));
      expect({ name, place, said }).toEqual({ name, place, said: [] });
      // Experts without a gate are stacked in one way only.
      expect({ name, place, layout: value?.layout }).toEqual({ name, place, layout: place.split("-")[1] ?? saved });
    }
  }
});

const added =
  /^\d+ tensors? in layer \d+, behind the \d+ layers? of config.json|reads mtp\.layers\.0\.|more names are read by nothing$/;

/** Of the language model, which may be a part of the model. */
function layersOf(config: Readonly<Record<string, unknown>>): unknown {
  const part = config["text_config"] ?? (config["thinker_config"] as typeof config | undefined)?.["text_config"];
  const own = config["num_hidden_layers"] ?? config["num_layers"];
  return own ?? layersOf(part as typeof config);
}

/** `convert.py` for each pair of layouts; what it imports is found through PYTHONPATH. */
function convertersFor(folder: string, config: Readonly<Record<string, unknown>>) {
  const host = memoryHost({ "config.json": JSON.stringify(config) });
  const { value: source } = readSource(host, "config.json", "json");
  const model_type = String(config["model_type"]);
  const storage = storages.get(model_type);
  if (source === undefined || storage === undefined) throw new Error(`${model_type} is not known`);
  const made: Record<string, Record<string, string>> = {};
  const layouts = Object.keys(storage.experts[0]?.layouts ?? {}) as LayoutName[];
  for (const from of layouts) {
    made[from] = {};
    for (const to of layouts) {
      if (from === to) continue;
      const planned = lowerConversion(storage, readerOf(source, model_type), from, to);
      if ("why" in planned) throw new Error(planned.why);
      const { path, content } = emitConvert(planned.program);
      const own = join(folder, `${from}-${to}`);
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, path), content);
      made[from][to] = own;
    }
  }
  return made;
}
