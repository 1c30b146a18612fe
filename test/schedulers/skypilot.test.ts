import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { gpus } from "../../src/cluster/gpus.ts";
import { accelerators, acceleratorsOf } from "../../src/schedulers/skypilot/accelerators.ts";
import { submission, taskName } from "../../src/schedulers/skypilot/submission.ts";
import { textOf } from "../emitted/hostile-plans.ts";
import fixture from "../fixtures/skypilot-0.14.1.json" with { type: "json" };
import { checkTree, errorsOf } from "../plans.ts";
import { draws } from "../sample.ts";
import { skypilotPlans, taskOf } from "./skypilot.ts";

const ajv = new Ajv2020({ strict: false });
ajv.addKeyword({
  keyword: "case_insensitive_enum",
  validate: (values: readonly string[], value: unknown) =>
    values.some((each) => each.toLowerCase() === String(value).toLowerCase()),
});
/** SkyPilot's patterns have groups that ignore case, in Python's way to write them. */
const compiled = (schema: object) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll("(?i:", "(?:")));
const isTask = compiled(fixture.task);
const isResources = compiled(fixture.resources);
const isStorage = compiled(fixture.storage);

const of = (judge: ValidateFunction, value: unknown) => (judge(value) ? [] : (judge.errors ?? []));

/** What SkyPilot's schemas object to. */
function objections(text: string): readonly unknown[] {
  const task = parse(text);
  const mounts = Object.values(task.file_mounts ?? {}).filter((mount) => typeof mount === "object");
  return [...of(isTask, task), ...of(isResources, task.resources), ...mounts.flatMap((mount) => of(isStorage, mount))];
}

describe.each(Object.entries(skypilotPlans))("%s", (_, changes) => {
  test("is a task to SkyPilot's own schemas", async () => {
    expect(objections(await taskOf(changes))).toEqual([]);
  });

  test("starts launch.sh on each machine with its rank, the first machine and one name of the job", async () => {
    const { run } = parse(await taskOf(changes));
    const folder = mkdtempSync(`${tmpdir()}/planc-sky-`);
    writeFileSync(`${folder}/launch.sh`, '#!/bin/sh\necho "$NODE_RANK $MASTER_ADDR $PLANC_JOB_ID $*"\nexit 75\n');
    chmodSync(`${folder}/launch.sh`, 0o755);
    const env = { SKYPILOT_NODE_RANK: "1", SKYPILOT_NODE_IPS: "10.0.0.4\n10.0.0.7", SKYPILOT_TASK_ID: "sky-7" };
    const ran = spawnSync("bash", ["-c", run], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, ...env },
      encoding: "utf8",
    });
    rmSync(folder, { recursive: true });
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([75, "1 10.0.0.4 sky-7 --resume auto\n", ""]);
  });
});

test("a key that SkyPilot does not have, and a value of another type, are seen", async () => {
  const text = await taskOf(skypilotPlans["a managed job"] ?? {});
  expect(objections(text.replace("disk_size", "disksize"))).toHaveLength(1);
  expect(objections(text.replace("recover_on_exit_codes", "recover_on_codes"))).not.toEqual([]);
  expect(objections(text.replace(/num_nodes: 1/, "num_nodes: one"))).toHaveLength(1);
});

test("what a plan says arrives as it is written", async () => {
  const path = fc.stringMatching(/^\/[^\s\p{Cc}]{0,30}$/u);
  const source = fc.stringMatching(/^[^\s\p{Cc}]{1,30}$/u);
  await fc.assert(
    fc.asyncProperty(path, source, textOf(200), async (folder, from, setup) => {
      const section = { managed: false, setup, file_mounts: { [folder]: { source: from } } };
      const plan = { cluster: { scheduler: { kind: "skypilot", ...section } } };
      fc.pre(errorsOf(plan).length === 0);
      const task = parse(await taskOf(plan));
      const isBucket = /^[a-z0-9]+:\/\//.test(from);
      expect(task.file_mounts).toEqual({ [folder]: isBucket ? { source: from, mode: "MOUNT_CACHED" } : from });
      expect(task.setup).toBe(setup);
    }),
    draws(60, 2000),
  );
});

test("the names of tasks are names to SkyPilot, and two plans have two", () => {
  const names = ["qwen3-ep8", "7b", "a.", "A_-", "x.y"].map(taskName);
  for (const name of names) expect(name).toMatch(/^[a-zA-Z]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$/);
});

test("every GPU with a name of SkyPilot's is one of planc's", () => {
  const named = [...gpus.keys()].flatMap(acceleratorsOf);
  expect([...new Set(named)].sort()).toEqual(accelerators);
});

test("submitting passes secrets by name and never asks", () => {
  const facts = checkTree(skypilotPlans["a managed job on spot machines"]).value;
  const scheduler = facts?.plan.cluster.scheduler;
  if (facts === undefined || scheduler?.kind !== "skypilot") throw new Error("the plan is refused");
  expect(submission(facts, scheduler).steps.map(({ command }) => command.join(" "))).toEqual([
    "sky jobs launch --secret HF_TOKEN --secret WANDB_API_KEY --yes --detach-run task.sky.yaml",
  ]);
});

test("the disk holds what the job reads and writes", async () => {
  const { resources } = parse(await taskOf(skypilotPlans["a managed job"] ?? {}));
  // 61 GB to load, two checkpoints of 366 GB, a model of 122 GB, the system's 64.
  expect(resources.disk_size).toBe(1024);
});
