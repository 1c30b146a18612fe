/** Nothing that people read is wider than their terminal, wide characters counted. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { commands } from "../../src/cli/commands.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { catalogue } from "../../src/generated/catalogue.ts";
import { columnsOf } from "../../src/text/fold.ts";
import { config, plan } from "../plans.ts";
import { withPoints } from "../published-numbers.ts";
import { planc } from "./io.ts";

const terminal = (width: number) => ({ ...plainLook, width, wraps: true });

function tooWide(text: string, width: number): string[] {
  return text.split("\n").filter((line) => columnsOf(line) > width);
}

const models = ["Qwen3-30B-A3B", "DeepSeek-V3", "gpt-oss-20b"];
const meshes = [
  { cluster: {}, parallelism: { ep_size: 8 } },
  { cluster: { nodes: 64 }, parallelism: { fsdp_size: 32, dp_replicate_size: 16, ep_size: 8 } },
  { cluster: { nodes: 2 }, parallelism: { fsdp_size: 4, tp_size: 2, dp_replicate_size: 2, ep_size: 4 } },
];

test.each(models)("explain of %s", async (name) => {
  for (const { cluster, parallelism } of meshes) {
    const gpu = { name: "a-gpu-with-a-very-long-name-日本", memory_gb: 2000 };
    const tree = plan({
      cluster: { ...cluster, gpu },
      parallelism,
      name: "long".repeat(15),
      model: { checkpoint: `/日本/${"語".repeat(60)}` },
    });
    const files = { "plan.yaml": JSON.stringify(tree), "config.json": withPoints(JSON.stringify(config(name))) };
    for (const width of [60, 80, 133, 200]) {
      const { code, stdout } = await planc(["explain", "plan.yaml"], files, "", { ...plainLook, width });
      expect(code).toBe(0);
      expect(tooWide(stdout, width)).toEqual([]);
    }
  }
});

test("check's frames, messages and fixes, on lines that are long and wide", async () => {
  const text = JSON.stringify(
    plan({ parallelism: { ep_size: 6, pp_size: 2 }, sft: { max_steps: 100, 語語: 1, optim: "x".repeat(90) } }),
  );
  const config_ = JSON.stringify(config("Qwen3-30B-A3B"));
  const long = text.replace('"version":1', `"version":1,"# ${"漢字".repeat(50)}":1`);
  for (const source of [
    text,
    long,
    readFileSync(`${root}plans/qwen3-ep8.yaml`, "utf8")
      .replace("save_strategy: steps", `# ${"漢字 ".repeat(60)}`)
      .replace(/ {2}save_.*\n/g, "")
      .replace("ep_size: 8", "ep_size: 6"),
  ]) {
    const files = { "plan.yaml": source, "config.json": config_, "models/qwen3-30b-a3b/config.json": config_ };
    for (const width of [40, 80, 120]) {
      const { code, stderr } = await planc(["check", "plan.yaml"], files, "", terminal(width));
      expect(code).toBe(1);
      expect(stderr).toContain("^");
      expect(tooWide(stderr, width)).toEqual([]);
    }
  }
});

test("the line about a plan that is fine", async () => {
  const tree = { "plan.yaml": JSON.stringify(plan()), "config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
  const { stdout } = await planc(["check", "plan.yaml"], tree, "", terminal(60));
  expect(tooWide(stdout, 60)).toEqual([]);
  const { stdout: piped } = await planc(["check", "plan.yaml"], tree, "", { ...plainLook, width: 60 });
  expect(stdout.replace(/\s+/g, " ")).toBe(piped.replace(/\s+/g, " "));
  expect(piped.split("\n")).toHaveLength(2);
});

test("away from a terminal a message stays on its line, where programs look for it", async () => {
  const files = {
    "plan.yaml": JSON.stringify(plan({ parallelism: { fsdp_size: 5 } })),
    "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
  };
  const { stderr } = await planc(["check", "plan.yaml"], files, "", { ...plainLook, width: 40 });
  expect(stderr.split("\n")[0]).toMatch(/^error PLN3001: .{60,}$/);
});

test.each(["", ...commands.keys()])("help of planc %s", async (name) => {
  for (const width of [60, 80, 130]) {
    const { code, stdout } = await planc(name === "" ? ["--help"] : [name, "--help"], {}, "", { ...plainLook, width });
    expect([code, tooWide(stdout, width)]).toEqual([0, []]);
    const whole = (await planc(name === "" ? ["--help"] : [name, "--help"], {}, "", { ...plainLook, width: 1000 }))
      .stdout;
    const words = (text: string) =>
      text
        .replaceAll(" \\\n", " ")
        .replace(/\n +# /g, " ")
        .split(/\s+/)
        .join(" ");
    expect(words(stdout)).toBe(words(whole));
  }
});

test("pages of codes, their examples left as they are", async () => {
  for (const code of catalogue.keys()) {
    const { stdout } = await planc(["explain", code], {}, "", { ...plainLook, width: 80 });
    const prose = stdout.split(/^```.*$/m).filter((_, index) => index % 2 === 0);
    expect([code, ...prose.flatMap((part) => tooWide(part, 80))]).toEqual([code]);
  }
});
