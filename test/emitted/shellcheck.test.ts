/**
 * Every shell script of a bundle passes shellcheck without a remark. Values hold no `$` here: shellcheck takes one between single
 * quotes for a slip (SC2016), which the emitted text cannot help; what becomes of them is shown by shells (shell.test.ts).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { python } from "../python.ts";
import { bundleOf } from "./hostile-plans.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-shellcheck-"));
afterAll(() => rmSync(folder, { recursive: true }));

const two = { nodes: 2, gpus_per_node: 8 };
const hostile = { activate: 'it\'s (here) "now"\n/activate', env: { GREETING: "it's *now*\nand then" } };
const slurm = { kind: "slurm", partition: "gpu", time: "24:00:00", "container-image": "/images/(x)'.sqsh" };
const fused = { checkpoint: "/checkpoints/it's fused", layout: "fused" };
const untested = {
  versions: { transformers: "5.24.1", trl: "1.16.0", accelerate: "1.15.0", torch: "2.15.0" },
  untested: true,
};

const plans: readonly (readonly [string, object])[] = [
  ["one machine", {}],
  ["several by hand", { cluster: { ...two, ...hostile } }],
  ["a conversion", { model: fused }],
  ["releases that planc has not read", { stack: untested }],
  ["Slurm", { cluster: { ...two, ...hostile, scheduler: slurm } }],
  [
    "Slurm, prepared first",
    { cluster: { ...two, scheduler: { ...slurm, requeue: false } }, model: fused, stack: untested },
  ],
];

let remarks: ReadonlyMap<string, string>;
beforeAll(async () => {
  const found = new Map<string, string>();
  for (const [index, [name, changes]] of plans.entries()) {
    const scripts = [...(await bundleOf({ parallelism: { fsdp_size: undefined }, ...changes }))].filter(
      ([path, content]) => !path.includes("/") && content.startsWith("#!/usr/bin/env bash"),
    );
    expect(scripts.map(([path]) => path)).toContain("launch.sh");
    for (const [path, content] of scripts) {
      const file = join(folder, `${index}-${path}`);
      writeFileSync(file, content);
      const ended = spawnSync(join(dirname(python), "shellcheck"), ["--shell=bash", file], { encoding: "utf8" });
      found.set(`${name}: ${path}`, `${ended.error ?? ""}${ended.stdout}${ended.stderr}`);
    }
  }
  remarks = found;
});

describe("shellcheck has nothing to say", () => {
  test.each(plans.map(([name]) => name))("of %s", (name) => {
    const own = [...remarks].filter(([script]) => script.startsWith(`${name}: `));
    expect(own.length).toBeGreaterThan(0);
    for (const [script, said] of own) expect(said, script).toBe("");
  });

  test("and would have", () => {
    const file = join(folder, "wrong.sh");
    writeFileSync(file, "#!/usr/bin/env bash\necho $1\n");
    const { stdout, status } = spawnSync(join(dirname(python), "shellcheck"), [file], { encoding: "utf8" });
    expect([status, stdout]).toEqual([1, expect.stringContaining("SC2086")]);
  });
});
