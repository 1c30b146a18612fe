/** The scales of fp8 blocks move with the weights, where an expert's rows end with a block. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { planc } from "../cli/binary.ts";
import { python } from "../python.ts";
import { converterFor, scratch } from "./converter.ts";

const script = fileURLToPath(new URL("../python/convert_scales.py", import.meta.url));

const config = (width: number, quantization: unknown) => ({
  model_type: "minimax_m2",
  num_local_experts: 11,
  num_hidden_layers: 2,
  hidden_size: 10,
  intermediate_size: width,
  quantization_config: quantization,
});
const blocks = { quant_method: "fp8", weight_block_size: [4, 4] };

test("scales of fp8 blocks are joined as their weights are, and parted again", () => {
  const folder = scratch();
  const own = { ...config(8, blocks), model_type: "flex_olmo", num_experts: 11 };
  const converter = converterFor(folder, own, "--to", "gate_up");
  const work = join(folder, "work");
  mkdirSync(work);
  writeFileSync(join(work, "config.json"), JSON.stringify(own));
  const output = execFileSync(python, [script, converter, work, "8"], { encoding: "utf8" });
  expect(JSON.parse(output)).toEqual([]);
});

test.each([
  ["rows that end within a block", config(6, blocks), "experts of 6 rows do not end with a block of 4 scaled rows"],
  ["packed weights", config(8, { quant_method: "awq" }), 'its weights are packed by "awq"'],
  ["scales that belong to no block", config(8, { quant_method: "fp8" }), "its fp8 scales belong to no blocks"],
])("%s are refused with the reason", (_, model, why) => {
  const folder = scratch();
  writeFileSync(join(folder, "config.json"), JSON.stringify(model));
  const { status, stderr } = planc(folder, "convert", "config.json", "--to", "gate_up");
  expect(status).toBe(1);
  expect(stderr).toContain("PLN2018");
  expect(stderr).toContain(why);
});
