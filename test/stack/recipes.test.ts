/** What CONTRIBUTING says it takes to add a release or a task, done: an object and its line in a list. */
import { expect, test } from "vitest";
import { checkPlan, compilePlan } from "../../src/compiler.ts";
import { transformers } from "../../src/engines/transformers/engine.ts";
import type { Stacks } from "../../src/stack/stacks.ts";
import { stacks } from "../../src/stacks.ts";
import data from "../../src/trainers/trl/releases/1.16/sft.json" with { type: "json" };
import { sft } from "../../src/trainers/trl/tasks/sft.ts";
import { trl } from "../../src/trainers/trl/trainer.ts";
import { transformersRelease } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config, plan } from "../plans.ts";

type Tree = Parameters<typeof plan>[0];

function filesOf(versions: Tree, changes: Tree = {}) {
  return memoryHost({
    "plan.yaml": JSON.stringify(plan({ stack: { versions }, parallelism: { ep_size: 4 }, ...changes })),
    "config.json": JSON.stringify(config("Qwen3-30B-A3B")),
  });
}

const codesOf = (known: Stacks, host: ReturnType<typeof filesOf>) =>
  checkPlan({ host, stacks: known }, "plan.yaml").diagnostics.map(({ code }) => code);

test("a release of transformers: one object, its line, and the releases that are tested", async () => {
  const next = {
    ...transformersRelease("5.24.0"),
    version: "5.25.0",
    minimums: [{ package: "torch", version: "2.16", why: "transformers 5.25 wants torch 2.16" } as const],
  };
  const known: Stacks = {
    ...stacks,
    engines: [{ ...transformers, releases: [...transformers.releases, next] }],
    tested: { ...stacks.tested, transformers: "5.25.0", torch: "2.16.0" },
  };
  const versions = { transformers: "5.25.0", torch: "2.16.0" };
  expect(codesOf(stacks, filesOf(versions))).toContain("PLN4001");
  expect(codesOf(known, filesOf(versions))).toEqual([]);
  expect(codesOf(known, filesOf({ ...versions, torch: "2.15.0" }))).toEqual(["PLN4003"]);
  const { value } = await compilePlan({ host: filesOf(versions), stacks: known }, "plan.yaml");
  const lock = value?.files.find(({ path }) => path === "plan.lock.json")?.content ?? "";
  expect(JSON.parse(lock).engine.version).toBe("5.25.0");
});

test("a release of TRL: its extracted options and its line", () => {
  const options = { ...data.options, new_option: { types: ["bool"], default: false, class: "SFTConfig" } };
  const tasks = [sft({ ...data, version: "1.17.0", options, others: {} }, [])];
  const release = { version: "1.17.0", pairs: [{ engine: "5.24.0", tasks }] };
  const known: Stacks = {
    ...stacks,
    trainers: [{ ...trl, releases: [...trl.releases, release] }],
    tested: { ...stacks.tested, trl: "1.17.0" },
  };
  const changes = { sft: { new_option: true, save_strategy: "no" } };
  expect(codesOf(known, filesOf({ trl: "1.17.0" }, changes))).toEqual([]);
  // The older release beside it has no such option.
  expect(codesOf(known, filesOf({ trl: "1.16.0" }, changes))).toContain("PLN4020");
});

test("a task: the release that has none of that name says which it has", () => {
  const [release] = trl.releases;
  const pairs = (release?.pairs ?? []).map((pair) => ({
    ...pair,
    tasks: pair.tasks.slice(0, 1).map((task) => ({ ...task, key: "other" })),
  }));
  const known: Stacks = { ...stacks, trainers: [{ ...trl, releases: [{ version: "1.16.0", pairs }] }] };
  const { diagnostics } = checkPlan({ host: filesOf({}), stacks: known }, "plan.yaml");
  expect(diagnostics.map(({ code, help }) => [code, help])).toEqual([["PLN1020", "trl trains with other"]]);
});
