import { expect, test } from "vitest";
import { allIssues } from "../../src/check/issues.ts";
import { stacks } from "../../src/stacks.ts";
import { config, plan } from "../plans.ts";
import { planc } from "./io.ts";

const all = allIssues([...stacks.engines, ...stacks.trainers]);
const files = (changes: Parameters<typeof plan>[0] = {}) => ({
  "plan.yaml": JSON.stringify(plan(changes), null, 2),
  "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
});
const versions = { trl: "1.16.0", accelerate: "1.15.0", torch: "2.15.0" };
const on = (transformers: string) => ({ stack: { versions: { transformers, ...versions } } });
const smoothed = { sft: { label_smoothing_factor: 0.1 } };

interface Listed {
  readonly id: string;
  readonly file: string;
  readonly bundle: string | null;
}
interface Answer {
  readonly version: number;
  readonly issues: readonly Listed[];
  readonly elsewhere: readonly {
    readonly package: string;
    readonly version: string;
    readonly issues: readonly Listed[];
  }[];
}

async function asked(changes: Parameters<typeof plan>[0]) {
  const { code, stdout, stderr } = await planc(["issues", "plan.yaml", "--format", "json"], files(changes));
  const answer: Answer = JSON.parse(stdout);
  return { code, stderr, ...answer, ids: answer.issues.map(({ id }) => id) };
}

test("without a plan every issue is listed, with its range", async () => {
  const { code, stdout, stderr } = await planc(["issues"], {});
  expect([code, stderr]).toEqual([0, ""]);
  for (const { id } of all) expect(stdout).toContain(id);
  expect(stdout).toMatch(/^ep-gradients-divided {2}transformers, from 5\.20\.0, before 5\.23\.0: refused$/m);
  const asJson = JSON.parse((await planc(["issues", "--format", "json"], {})).stdout);
  expect(asJson).toMatchObject({ version: 1, issues: all.map(({ id, effect }) => ({ id, effect })) });
});

test("of a plan those that it would meet, at their place, and it fails as planc check does", async () => {
  const { code, issues, ids } = await asked(smoothed);
  expect(code).toBe(1);
  expect(ids).toContain("label-smoothing-drops-router-loss");
  expect(issues.find(({ bundle }) => bundle === null)).toMatchObject({
    file: "plan.yaml",
    range: { start: { line: expect.any(Number), character: expect.any(Number) } },
  });
  const { code: checked, stderr } = await planc(["check", "plan.yaml"], files(smoothed));
  expect([checked, stderr.replace(/\s+/g, " ")]).toEqual([
    1,
    expect.stringContaining("known issue: label-smoothing-drops-router-loss, see planc issues"),
  ]);
});

test("what the bundle takes care of stands apart, and is no error", async () => {
  const { code, issues } = await asked({ parallelism: { ep_size: 4 } });
  expect([code, issues.filter(({ bundle }) => bundle === null)]).toEqual([0, []]);
  const { stdout } = await planc(["issues", "plan.yaml"], files({ parallelism: { ep_size: 4 } }));
  expect(stdout).toMatch(/^Nothing known of transformers [\d.]+, trl 1\.16\.0, .* stands against this plan\n/);
  expect(stdout).toContain("Known, and the bundle does something else\n\nrouter-loss-times-ranks  ");
});

test("what another known release would change, for every other one", async () => {
  const evaluating = { data: { eval_split: "test" }, sft: { eval_strategy: "epoch" } };
  const { ids, elsewhere } = await asked({ ...evaluating, ...on("5.23.0") });
  expect(ids).toContain("evaluated-before-training");
  const known = stacks.engines.flatMap(({ releases }) => releases.map(({ version }) => version));
  expect(elsewhere.map(({ version }) => version)).toEqual(known.filter((version) => version !== "5.23.0"));
  const later = elsewhere.find(({ version }) => version === "5.24.0");
  expect(later?.issues.map(({ id }) => id)).toEqual(ids.filter((id) => id !== "evaluated-before-training"));
  const { stdout } = await planc(["issues", "plan.yaml"], files({ ...evaluating, ...on("5.23.0") }));
  expect(stdout).toContain("On transformers 5.24.0\n  not evaluated-before-training\n");
});

test("of a release that is refused for its age, all that it would meet there, and the refusal itself", async () => {
  const { code, ids, stderr } = await asked({ ...on("5.22.2"), parallelism: { ep_size: 8, fsdp_size: 8 } });
  expect(code).toBe(1);
  expect(ids).toContain("ep-gradients-divided");
  expect(stderr).toContain("PLN4001");
});

test("a plan that cannot be read, and one whose model is not known", async () => {
  const missing = await planc(["issues", "gone.yaml"], {});
  expect([missing.code, missing.stdout]).toEqual([2, ""]);
  const { "plan.yaml": text } = files(smoothed);
  const { code, stdout, stderr } = await planc(["issues", "plan.yaml"], { "plan.yaml": text, "config.json": "{}" });
  expect([code, stderr]).toEqual([1, expect.stringContaining("PLN2002")]);
  expect(stdout).toContain("stands against the plan alone; its model could not be judged");
  expect((await planc(["issues", "a.yaml", "b.yaml"], {})).code).toBe(2);
});
