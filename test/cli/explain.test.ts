import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { bytes } from "../../src/text/words.ts";
import { config, plan } from "../plans.ts";
import { planc } from "./io.ts";

const files = (changes: Parameters<typeof plan>[0] = {}) => ({
  "plan.yaml": JSON.stringify(plan(changes)),
  "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
});
const hybrid = {
  cluster: { nodes: 2, gpus_per_node: 8 },
  parallelism: { ep_size: 4, fsdp_size: 8, dp_replicate_size: 2 },
};

test("shows the totals, a rank's share, its bytes and the tokens of a step", async () => {
  const { code, stdout } = await planc(["explain", "plan.yaml"], files());
  expect(code).toBe(0);
  expect(stdout).toContain("30,532,122,624  parameters");
  expect(stdout).toContain("128 experts in a layer, 8 for a token, 16 on a rank");
  expect(stdout).toContain(
    "mlp.experts.gate_up_proj\n      expert in 48 layers, [128, 1536, 2048]; on a rank [16, 1536, 2048]: ep Shard(0)\n",
  );
  const wide = await planc(["explain", "plan.yaml"], files(), "", { ...plainLook, width: 140 });
  expect(wide.stdout).toMatch(
    /mlp\.experts\.gate_up_proj +expert +48 +\[128, 1536, 2048\] +\[16, 1536, 2048\] +ep Shard\(0\)/,
  );
  expect(stdout).toMatch(/32,768 tokens: max_length 4096 \* .* \* 8 distinct batches/);
  expect(stdout).toMatch(/parallelism\.tp_size +1 +default/);
});

test("shows the peak of a step with what is largest then, and what is sent over each axis", async () => {
  const { stdout } = await planc(["explain", "plan.yaml"], files(), "", { ...plainLook, width: 120 });
  const { memory, traffic } = JSON.parse((await planc(["explain", "plan.yaml", "--format", "json"], files())).stdout);
  const { peak } = memory;
  expect(stdout).toContain(`${bytes(peak.allocated)}  allocated at the peak, in ${peak.moment}\n`);
  expect(stdout).toContain(`${bytes(peak.reserved + memory.outside)}  together, of the 79.6 GiB of a h100-sxm-80gb\n`);
  expect(stdout).toContain(
    `${bytes(memory.worst.reserved + memory.outside)}  where every token chooses the experts of one rank`,
  );
  const largest = stdout
    .slice(stdout.indexOf("largest at the peak"), stdout.indexOf("Traffic"))
    .trim()
    .split("\n")
    .slice(1);
  expect(largest.map((line) => line.trim().split("  "))).toEqual(
    peak.largest.map((each: { name: string; bytes: number }) => [bytes(each.bytes), each.name]),
  );
  for (const axis of ["fsdp", "ep"])
    expect(stdout).toMatch(new RegExp(`${bytes(traffic[axis].bytes_per_step)} +${axis} `));
});

test("speaks of the states alone where nothing bounds a step", async () => {
  const unbounded = { sft: { max_length: null, packing: false, packing_strategy: undefined } };
  const { stdout } = await planc(["explain", "plan.yaml"], files(unbounded), "", { ...plainLook, width: 120 });
  expect(stdout).toContain("56.9 GiB  together, of the 79.6 GiB of a h100-sxm-80gb\n");
  expect(stdout).not.toContain("peak");
  expect(stdout).toMatch(/not known +ep /);
  const { stdout: checked } = await planc(["check", "plan.yaml"], files(unbounded));
  expect(checked).toContain("16 experts and 56.9 GiB of states of 79.6 GiB each");
});

test("draws both views of the ranks: each row is a coordinate, and together they tell the ranks apart", async () => {
  const { stdout } = await planc(["explain", "plan.yaml"], files(hybrid));
  const row = (name: string) => {
    const line = stdout.split("\n").find((text) => text.startsWith(`  ${name} `)) ?? "";
    return line
      .slice(name.length + 2)
      .trim()
      .split(/ +/)
      .map(Number);
  };
  const ranks = Array.from({ length: 16 }, (_, rank) => rank);
  expect(row("rank")).toEqual(ranks);
  expect(row("dense dp_replicate")).toEqual(ranks.map((rank) => (rank < 8 ? 0 : 1)));
  expect(row("dense fsdp")).toEqual(ranks.map((rank) => rank % 8));
  expect(row("expert efsdp")).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]);
  expect(row("expert ep")).toEqual(ranks.map((rank) => rank % 4));
  const wide = { ...plainLook, width: 120 };
  const groups = (await planc(["explain", "plan.yaml"], files(hybrid), "", wide)).stdout;
  expect(groups).toMatch(/efsdp +8 groups of 2 +the first: ranks 0 4 +on one machine: NVLink, 450 GB\/s\n/);
  expect(groups).toMatch(/dp_replicate +8 groups of 2 +the first: ranks 0 8 +over 2 machines, 50 GB\/s\n/);
});

test("draws 4,096 ranks as briefly as 16", async () => {
  const large = {
    cluster: { nodes: 512, gpus_per_node: 8 },
    parallelism: { ep_size: 4, fsdp_size: 64, dp_replicate_size: 64 },
  };
  const lines = async (changes: Parameters<typeof plan>[0]) =>
    (await planc(["explain", "plan.yaml"], files(changes), "", { ...plainLook, width: 199 })).stdout.split("\n");
  expect((await lines(large)).length).toBe((await lines(hybrid)).length);
  expect(Math.max(...(await lines(large)).map((line) => line.length))).toBeLessThan(200);
});

test("--format json prints the lock that the bundle holds, without what it says of the bundle's own files", async () => {
  const lock = JSON.parse(readFileSync(new URL("../../generated/qwen3-ep8/plan.lock.json", import.meta.url), "utf8"));
  const text = readFileSync(new URL("../../plans/qwen3-ep8.yaml", import.meta.url), "utf8");
  const model = readFileSync(new URL("../../plans/models/qwen3-30b-a3b/config.json", import.meta.url), "utf8");
  const tree = { "plans/qwen3-ep8.yaml": text, "plans/models/qwen3-30b-a3b/config.json": model };
  const { stdout } = await planc(["explain", "plans/qwen3-ep8.yaml", "--format", "json"], tree);
  const { files: _, place: __, ...rest } = lock;
  expect(JSON.parse(stdout)).toEqual(rest);
});

test("notes are here, where a reader asks why, and in no other text", async () => {
  const note = "4 key-value heads for ep_size 8: not a limit here";
  const ask = async (...args: string[]) => planc([...args, "plan.yaml"], files());
  const { stdout, stderr } = await ask("explain");
  expect([stdout.replace(/\s+/g, " "), stderr]).toEqual([expect.stringContaining(`Notes PLN3031 ${note}`), ""]);
  for (const format of ["pretty", "plain", "github"]) {
    const { code, stderr: said, stdout: verdict } = await ask("check", "--format", format);
    expect([code, said, verdict.split("\n").length]).toEqual([0, "", 2]);
  }
  expect(JSON.parse((await ask("check", "--format", "json")).stdout).diagnostics).toMatchObject([{ code: "PLN3031" }]);
});

test("with errors it prints the diagnostics and exits 1", async () => {
  const wrong = files({ parallelism: { ep_size: 6 } });
  const text = await planc(["explain", "plan.yaml"], wrong);
  expect([text.code, text.stdout]).toEqual([1, ""]);
  expect(text.stderr).toContain("error PLN3004");
  const asJson = await planc(["explain", "plan.yaml", "--format", "json"], wrong);
  expect(asJson.code).toBe(1);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ version: 1, summary: { errors: 1 } });
});

test("explains a code in any case, and suggests one for a code that nobody has", async () => {
  const page = await planc(["explain", "pln3004"], {});
  expect([page.code, page.stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(/^# PLN3004: /)]);
  const unknown = await planc(["explain", "PLN3999"], {});
  expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
  expect(unknown.stderr).toContain("no message has the code PLN3999");
});

test("shows how long a step takes and what for, with what was measured of the GPU where a file says so", async () => {
  const wide = { ...plainLook, width: 120 };
  const time = async (...args: string[]) =>
    JSON.parse((await planc(["explain", "plan.yaml", "--format", "json", ...args], own)).stdout).time;
  const link = [
    [1024, 1e-5],
    [1e8, 1e-3],
  ];
  const calibration = {
    version: 1,
    made: "2026-11-29",
    torch: "2.11.0",
    gpu: "h100-sxm-80gb",
    device: "NVIDIA H100 80GB HBM3",
    launch_seconds: 1e-6,
    copy: { bytes: 1e9, seconds: 1e-3 },
    dense: [{ rows: 4096, k: 2048, n: 4096, seconds: 1e-3 }],
    grouped: [{ rows: 4096, k: 2048, n: 1536, experts: 16, seconds: 1e-3 }],
    attention: { flops: 1e12, forward: 1e-2, backward: 2e-2 },
    links: { ranks: 8, all_gather: link, reduce_scatter: link, all_to_all: link },
  };
  const own = {
    ...files(),
    "calibration.json": JSON.stringify(calibration),
    "other.json": JSON.stringify({ ...calibration, gpu: "h200-sxm-141gb" }),
  };
  const planned = await time();
  const { stdout } = await planc(["explain", "plan.yaml"], own, "", wide);
  const milliseconds = (1000 * planned.step_seconds).toFixed(0);
  expect(stdout).toMatch(new RegExp(`\\n  ${milliseconds} ms, .* tokens/s on each GPU, MFU `));
  expect(stdout).toMatch(/\n +\d+ +=+ +grouped products of the experts\n/);
  const measured = await time("--calibration", "calibration.json");
  // The host is ten times as fast, and products are slower.
  expect(measured.classes.host).toBeLessThan(planned.classes.host);
  expect(measured.classes.dense_products).toBeGreaterThan(planned.classes.dense_products);
  expect(measured.source).toBe("measured on 2026-11-29 (NVIDIA H100 80GB HBM3, torch 2.11.0)");
  expect(await time("--calibration", "other.json")).toEqual(planned);
  const other = await planc(["check", "plan.yaml", "--calibration", "other.json"], own);
  expect(other.code).toBe(0);
  expect(other.stderr).toContain("warning PLN5101: the calibration is of a h200-sxm-141gb (NVIDIA H100 80GB HBM3)");
  const bad = await planc(["explain", "plan.yaml", "--calibration", "plan.yaml"], own);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain("PLN5100");
});
