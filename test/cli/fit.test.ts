import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkPlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config } from "../plans.ts";
import { inFolder } from "./binary.ts";
import { planc as inside } from "./inside.ts";
import { planc } from "./io.ts";

const files = { "m/config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
const eight = ["fit", "m", "--gpu", "h100-sxm-80gb", "--gpus", "8"];
const step = ["--tokens-per-step", "262144"];

interface Row {
  readonly offer: string | null;
  readonly parallelism: { readonly ep_size: number; readonly fsdp_size: number };
  readonly time: { readonly step_seconds: number };
  readonly tokens_per_step: number;
  readonly cost_per_billion_tokens: number | null;
  readonly why: string | null;
  readonly plan: string;
}

async function rowsOf(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await planc([...args, "--format", "json"], { ...files, ...more });
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as { readonly plans: readonly Row[]; readonly candidates: number };
}

test("the table shows the plans of the JSON, and each plan's text is a plan that check passes", async () => {
  const { plans, candidates } = await rowsOf([...eight, ...step, "--plans", "3"]);
  const { stdout } = await planc([...eight, ...step, "--plans", "3"], files);
  expect(candidates).toBeGreaterThan(500);
  expect(stdout).toContain(`${candidates} plans for qwen3_moe compared, 262,144 tokens a step`);
  expect(plans).toHaveLength(3);
  const seconds = plans.map(({ time }) => time.step_seconds);
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  for (const [index, { parallelism, plan, tokens_per_step, why }] of plans.entries()) {
    expect(stdout).toMatch(new RegExp(`^${index + 1}  ep ${parallelism.ep_size}, fsdp ${parallelism.fsdp_size} `, "m"));
    expect(why === null).toBe(index === 0);
    expect(tokens_per_step).toBe(262_144);
    const { value } = checkPlan(memoryHost({ ...files, "plan.yaml": plan }), "plan.yaml");
    expect(value?.batch.tokens_per_step).toBe(262_144);
  }
});

test("a price list ranks offers by what tokens cost, or by time", async () => {
  const prices = `currency: USD
offers:
  - { name: dear, gpu: h200-sxm-141gb, gpus: 8, price_per_hour: 80 }
  - { name: small, gpu: h100-sxm-80gb, gpus: 2, gpus_per_node: 2, price_per_hour: 5 }
  - { name: cheap, gpu: h100-sxm-80gb, gpus: 8, price_per_hour: 20 }
`;
  const args = ["fit", "m", "--prices", "prices.yaml", ...step];
  const { plans } = await rowsOf(args, { "prices.yaml": prices });
  // The model does not fit on two of these.
  expect(plans.map(({ offer }) => offer)).toEqual(["cheap", "dear"]);
  const [first] = plans;
  const cost = (20 / 3600) * ((first?.time.step_seconds ?? 0) / 262_144) * 1e9;
  expect(first?.cost_per_billion_tokens).toBeCloseTo(cost, 6);
  const byTime = await rowsOf([...args, "--by", "time"], { "prices.yaml": prices });
  expect(byTime.plans.map(({ offer }) => offer)).toEqual(["dear", "cheap"]);
  const { stdout } = await planc(args, { ...files, "prices.yaml": prices });
  expect(stdout).toContain("cost, USD");
  expect(stdout).toMatch(/%\s+dearer,\s+[\d.]+\s+%\s+faster/);
  const broken = await planc(args, { ...files, "prices.yaml": prices.replace(": 20 ", ": twenty ") });
  expect([broken.code, broken.stdout]).toEqual([1, ""]);
  expect(broken.stderr).toMatch(/^error PLN5110: .*"twenty"\n\n {2}prices\.yaml:5:\d+\n/);
});

test("it writes the first plan, or another that is asked for, and replaces none", () =>
  inFolder(async (folder) => {
    const args = ["fit", "models/qwen3-30b-a3b", ...eight.slice(2), ...step];
    const written = async (file: string, ...more: string[]) => {
      const { status } = await inside(folder, ...args, "--output", file, ...more);
      expect(status).toBe(0);
      const { status: checked, stdout } = await inside(folder, "check", file);
      expect([checked, stdout]).toEqual([0, expect.stringContaining("262,144 tokens a step")]);
      return /ep_size: (\d+)\n {2}fsdp_size: (\d+)/
        .exec(readFileSync(join(folder, file), "utf8"))
        ?.slice(1)
        .map(Number);
    };
    const { plans } = await rowsOf([...eight, ...step]);
    const sizes = plans.map(({ parallelism: { ep_size, fsdp_size } }) => [ep_size, fsdp_size]);
    expect(await written("plans/own.yaml")).toEqual(sizes[0]);
    expect(await written("plans/other.yaml", "--take", "2")).toEqual(sizes[1]);
    expect((await inside(folder, ...args, "--output", "plans/own.yaml")).status).toBe(2);
  }));

describe("what cannot be", () => {
  test.each([
    [["fit"], "takes one config.json"],
    [["fit", "m", ...step], "needs --gpu and --gpus, or --prices"],
    [eight, "needs --tokens-per-step"],
    [["fit", "m", "--gpu", "h100", "--gpus", "8", ...step], "unknown GPU h100"],
    [[...eight, "--tokens-per-step", "100000"], "nearest: --tokens-per-step 98304 or 102400"],
    [
      ["fit", "m", "--gpu", "h100-sxm-80gb", "--gpus", "16", "--tokens-per-step", "28672"],
      "cannot be shared by 16 GPUs",
    ],
    [["fit", "m", "--gpu", "h100-sxm-80gb", "--gpus", "12", ...step], "12 GPUs are no whole number of machines of 8"],
    [[...eight, ...step, "--by", "cost"], "--by cost needs prices"],
    [[...eight, ...step, "--prices", "p.yaml"], "--prices names the GPUs itself"],
    [[...eight, ...step, "--plans", "51"], "50 plans at most"],
    [[...eight, ...step, "--output", "m/config.json"], "is there already"],
  ])("%j: a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await planc(args, files);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });

  test("sequences that only meshes without room can share: how many would do", async () => {
    const { code, stderr } = await planc([...eight, "--tokens-per-step", "28672"], files);
    expect([code, stderr]).toEqual([1, expect.stringContaining("help: a plan would fit with 32,768 tokens a step")]);
    expect((await planc([...eight, "--tokens-per-step", "32768"], files)).code).toBe(0);
  });

  test("where nothing fits it says what would have to be other, each tried out", async () => {
    const long = await planc([...eight, "--tokens-per-step", "2097152", "--sequence", "262144"], files);
    expect([long.code, long.stdout]).toEqual([1, ""]);
    expect(long.stderr).toContain(
      "error PLN5051: no plan of 8 GPUs of 79.6 GiB has room for a step of qwen3_moe with sequences of 262,144 tokens",
    );
    const shorter = Number(/sequences of ([\d,]+) tokens on these GPUs/.exec(long.stderr)?.[1]?.replaceAll(",", ""));
    const fits = async (length: number) => {
      const args = [...eight, "--tokens-per-step", String(8 * length), "--sequence", String(length)];
      return (await planc(args, files)).code === 0;
    };
    expect([await fits(shorter), await fits(shorter + 128)]).toEqual([true, false]);
  });
});
