/** The conversion of the reference job, on a checkpoint of its real shape and size (as holes, which take no disk). */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { planc } from "../cli/binary.ts";
import { python } from "../python.ts";
import { scratch } from "./converter.ts";

const script = fileURLToPath(new URL("../python/convert_reference.py", import.meta.url));

test("plans/qwen3-fused.yaml yields the 13 files of a greedy split at 5 GB, from 32 MiB of memory", () => {
  const folder = scratch();
  const whole = converted(folder, "whole", 48);
  expect(whole).toMatchObject({ tensors: 18_867, files: 13, same: true, bytes: 61_064_245_248 });
  expect(whole.source_bytes).toBe(whole.bytes);
  expect(whole.largest).toBeLessThan(4_990_000_000);
  expect(whole.memory).toBeLessThan(32 * 1024);

  // A kibibyte for each further tensor, whatever its bytes.
  const twice = converted(folder, "twice", 96);
  expect(twice.same).toBe(true);
  expect((twice.memory - whole.memory) / (twice.tensors - whole.tensors)).toBeLessThan(1);
});

function converted(folder: string, name: string, layers: number) {
  cpSync(`${root}plans/models`, join(folder, name, "models"), { recursive: true });
  const config = join(folder, name, "models/qwen3-30b-a3b/config.json");
  writeFileSync(
    config,
    readFileSync(config, "utf8").replace('"num_hidden_layers": 48', `"num_hidden_layers": ${layers}`),
  );
  const plan = readFileSync(`${root}plans/qwen3-fused.yaml`, "utf8");
  writeFileSync(join(folder, name, "plan.yaml"), plan.replace("h100-sxm-80gb", "{ name: large, memory_gb: 192 }"));
  const compiled = planc(join(folder, name), "compile", "plan.yaml", "-o", "bundle");
  expect(compiled).toMatchObject({ status: 0 });
  mkdirSync(join(folder, name, "source"));
  const output = execFileSync(
    python,
    [script, join(folder, name, "bundle"), join(folder, name, "source"), String(layers)],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  return JSON.parse(output) as {
    readonly tensors: number;
    readonly memory: number;
    readonly same: boolean;
    readonly files: number;
    readonly bytes: number;
    readonly largest: number;
    readonly source_bytes: number;
  };
}
