/** Where the plan's relative paths count from: its folder, from wherever the job is started, as long as the plan lies there. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inFolder, planc } from "../cli/binary.ts";
import { python } from "../python.ts";

const names = ["./model", "output/x", "owner/model", "there", "/abs/model", "Qwen/Qwen3-30B-A3B", "../up"];

/** What the bundle makes of paths of its plan. */
function pathsIn(bundle: string, cwd: string): string[] {
  const code = `import json, sys
from planc_runtime.paths import of_plan
print(json.dumps([*(of_plan(name) for name in sys.argv[1:]), of_plan("out", is_path=True)]))`;
  const env = { ...process.env, PYTHONPATH: bundle, PYTHONSAFEPATH: "1" };
  const { stdout, stderr } = spawnSync(python, ["-c", code, ...names], { cwd, env, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const from = (base: string) => [
  `${base}/model`,
  "output/x",
  "owner/model",
  `${base}/there`,
  "/abs/model",
  "Qwen/Qwen3-30B-A3B",
  join(base, "../up"),
  `${base}/out`,
];

test.each([
  ["the usual folder", []],
  ["a folder of one's own", ["-o", "else where/job"]],
  ["a folder behind a link", ["-o", "link/job"]],
])("the plan's, of a bundle in %s", async (_, options) => {
  await inFolder((folder, plan) => {
    const root = realpathSync(folder);
    writeFileSync(join(root, "plans/job.yaml"), plan);
    mkdirSync(join(root, "plans/there"));
    mkdirSync(join(root, "deep/er/disk"), { recursive: true });
    symlinkSync(join(root, "deep/er/disk"), join(root, "link"));
    const ran = planc(root, "compile", "plans/job.yaml", ...options);
    expect([ran.status, ran.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    const bundle = join(root, options[1] ?? "generated/qwen3-ep8");
    const lock = JSON.parse(readFileSync(join(bundle, "plan.lock.json"), "utf8"));
    expect(lock.place).not.toMatch(/^\//);
    expect(realpathSync(join(realpathSync(bundle), lock.place))).toBe(join(root, "plans/job.yaml"));
    for (const cwd of [root, bundle, "/"]) expect(pathsIn(bundle, cwd)).toEqual(from(join(root, "plans")));
    // Both together, somewhere else; then the bundle without its plan.
    if (options.length > 0) return;
    mkdirSync(join(root, "moved"));
    for (const name of ["plans", "generated"]) renameSync(join(root, name), join(root, "moved", name));
    const moved = join(root, "moved/generated/qwen3-ep8");
    expect(pathsIn(moved, "/")).toEqual(from(join(root, "moved/plans")));
    rmSync(join(root, "moved/plans"), { recursive: true });
    mkdirSync(join(root, "there"));
    expect(pathsIn(moved, root)).toEqual(from(root));
  });
});
