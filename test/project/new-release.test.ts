/** What `scripts/new_release.py` says of a release whose data is in git, and what it refuses. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { python } from "../python.ts";

const run = (args: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
  spawnSync(python, [`${root}scripts/new_release.py`, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...variables },
  });

/** Title → lines, each put together again from where it was broken. */
function sectionsOf(stdout: string): ReadonlyMap<string, readonly string[]> {
  const blocks = stdout.replaceAll(/\n {6}/g, " ").split("\n\n");
  return new Map(blocks.map((block) => block.split("\n")).map(([title = "", ...lines]) => [title, lines.map(trimmed)]));
}
const trimmed = (line: string) => line.trim();

describe("5.24.0 against 5.23.0", () => {
  const { stdout, stderr, status } = run(["5.24.0", "--recorded"]);
  const sections = sectionsOf(stdout);

  it("is something to review", () => {
    expect(stderr).toBe("");
    expect(status).toBe(1);
    expect([...sections.keys()]).toEqual([
      "transformers 5.24.0 against 5.23.0",
      "Model types",
      "Plans",
      "Kept in float32",
      "Config classes",
      "Types whose router loss the trainer computes",
      "to review: Model types, Plans, Kept in float32, Config classes, Types whose router loss the trainer computes",
    ]);
  });

  it("names the new types", () => {
    const types = sections.get("Model types")?.filter((line) => line.includes("a MoE type"));
    expect(types).toEqual([
      "+ hy_v4_vl_text, a MoE type: experts n_routed_experts or num_local_experts, ep_plan of qwen3_moe, tp_plan of hy_v4, no causal language model class",
      "+ inkling2_loop_text, a MoE type: experts n_routed_experts or num_local_experts, ep_plan of qwen3_moe, tp_plan of inkling2_text",
      "+ lara_mini, a MoE type: experts num_experts, ep_plan of qwen3_moe, tp_plan of its own, 13 rules",
      "+ sarvam_mla, a MoE type: experts n_routed_experts or num_experts or num_local_experts, ep_plan of qwen3_moe, tp_plan of deepseek_v3",
      "+ sarvam_moe, a MoE type: experts n_routed_experts or num_experts or num_local_experts, ep_plan of qwen3_moe, tp_plan of glm4_moe",
    ]);
  });

  it("compares plans by their rules: that one has another name now is no difference", () => {
    expect(sections.get("Plans")).toEqual(['gpt_oss: tp_plan + embed_tokens: "embedding_rowwise"']);
  });

  it("names the families whose routers stay in float32", () => {
    const routers = sections.get("Kept in float32")?.filter((line) => /\+ (mlp\.)?gate\.weight$/.test(line));
    expect(routers).toEqual([
      "axk1, axk2, bailing_hybrid, deepseek_v2, deepseek_v3, deepseek_v32, dots1, dots3_note_text, exaone_moe, glm4_moe, glm4_moe_lite, glm4v_moe_text, glm5_next_text, glm_moe_dsa, hy_v3, kimi_linear, nemotron_h, solar_open: + gate.weight",
      "mimo_v2_flash: + mlp.gate.weight",
    ]);
  });

  it("names a field of a class that is there before and after", () => {
    expect(sections.get("Config classes")).toContain('BailingHybridConfig: fields: + q_lora_rank: "int|none"');
  });
});

test("a release is what it is: nothing to review", () => {
  const { stdout, status } = run(["5.24.0", "--recorded", "--against", "5.24.0"]);
  expect(status).toBe(0);
  expect(stdout).toBe("transformers 5.24.0 against 5.24.0\n\nnothing to review\n");
});

describe("is refused in one line", () => {
  const empty = mkdtempSync(join(tmpdir(), "planc-release-"));
  afterAll(() => rmSync(empty, { recursive: true }));

  it.each([
    [["5.25"], "'5.25' is no release of transformers: write three numbers, such as 5.24.0"],
    [["main"], "'main' is no release of transformers: write three numbers, such as 5.24.0"],
    [["5.24.0", "--trl", "1"], "'1' is no release of trl: write three numbers, such as 5.24.0"],
    [["5.24.0", "--recorded", "--against", "5.1.0"], "transformers 5.1.0 is not in git: 5.23.0, 5.24.0 are"],
    [
      ["5.23.0", "--recorded"],
      "planc knows nothing older than 5.23.0: name a release to compare with, --against 5.23.0",
    ],
    [
      ["5.24.0", "--over", "no-such-python"],
      "no-such-python has no transformers and torch: run npm test once, which makes .venv, or name one with --over",
    ],
    [
      ["5.99.0", "--over", python, "--python", "no-such-python"],
      "no-such-python has transformers not at all, trl not at all; wanted is transformers 5.99.0",
    ],
  ])("%j", (args, message) => {
    const { stderr, status } = run(args);
    expect(stderr).toBe(`error: ${message}\n`);
    expect(status).toBe(2);
  });

  describe("by pip", () => {
    /** A folder in place of the registry: pip answers without a network. */
    const install = () => run(["5.99.0", "--over", python], { PIP_NO_INDEX: "1", PIP_FIND_LINKS: empty });
    const lastLine = (stderr: string) => stderr.trim().split("\n").at(-1);

    it("that finds nothing", () => {
      const { stderr, status } = install();
      expect(lastLine(stderr)).toBe(
        "error: pip finds no release of transformers at all: is the registry within reach?",
      );
      expect(stderr).not.toContain("Traceback");
      expect(status).toBe(2);
    });

    it("that finds other releases", () => {
      for (const version of ["5.97.0", "5.98.0"]) {
        writeFileSync(join(empty, `transformers-${version}-py3-none-any.whl`), "");
      }
      const { stderr, status } = install();
      expect(lastLine(stderr)).toBe(
        "error: there is no transformers 5.99.0: the newest on the registry are 5.97.0, 5.98.0",
      );
      expect(status).toBe(2);
    });
  });
});

describe("source files", () => {
  const folder = mkdtempSync(join(tmpdir(), "planc-sources-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What is said of `transformers/trainer.py` in two releases. */
  function said(before: string, after: string): readonly string[] {
    const packages = [before, after].map((text, index) => {
      mkdirSync(join(folder, `${index}`), { recursive: true });
      writeFileSync(join(folder, `${index}`, "trainer.py"), text);
      return { transformers: join(folder, `${index}`) };
    });
    const program =
      "import json, sys; from release.sources import source_sections; print(json.dumps(source_sections(*json.load(sys.stdin), [])[0].lines))";
    const { stdout } = spawnSync(python, ["-c", program], {
      encoding: "utf8",
      input: JSON.stringify(packages),
      env: { ...process.env, PYTHONPATH: `${root}scripts` },
    });
    return JSON.parse(stdout);
  }

  it.each([
    ["words and layout do not count", "def f():\n    'Old.'\n    return 1 # x\n", "# new\ndef f(): return 1\n", []],
    [
      "a method, a function that has come and one that has gone",
      "class A:\n    x = 1\n    def f(self): return 1\ndef g(): pass\n",
      "class A:\n    x = 1\n    def f(self): return 2\ndef h(): pass\n",
      ["transformers/trainer.py: A.f, + h, - g"],
    ],
  ])("%s", (_, before, after, lines) => {
    expect(said(before, after)).toEqual(lines);
  });
});
