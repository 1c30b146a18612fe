/** How the commands of a submission run: real programs, in the bundle's folder, one after another. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { submit } from "../../src/run/launch.ts";
import { inFolder, planc } from "../cli/binary.ts";

const bundle = realpathSync(mkdtempSync(join(tmpdir(), "planc submit $(no)'-")));
afterAll(() => rmSync(bundle, { recursive: true }));

const sh = (script: string, ...words: readonly string[]) => ["sh", "-c", script, "sh", ...words];

test("each in the bundle's folder, with what those before it printed, and with options only where they are taken", async () => {
  const steps = [
    { what: "one", command: sh('pwd > where; echo "12;cluster rest"'), prints: "one" },
    {
      what: "two",
      command: sh('printf "%s|" "$@" > said', "{one}", "{bundle}", "{none}"),
      takesOptions: true as const,
    },
  ];
  const submitted = await submit({ steps, follow: [] }, bundle, ["--max-steps", "5 $(no)"]);
  expect(submitted).toMatchObject({ status: 0 });
  expect(readFileSync(join(bundle, "where"), "utf8")).toBe(`${bundle}\n`);
  expect(readFileSync(join(bundle, "said"), "utf8")).toBe(`12|${bundle}|{none}|--max-steps|5 $(no)|`);
});

test("what was done is taken back, the last first, where a later one fails or says nothing", async () => {
  const done = (name: string) => ({
    what: name,
    command: sh(`echo ${name}`),
    prints: name,
    undo: sh('echo "$1" >> undone', `{${name}}`),
  });
  const failing = { what: "three", command: sh("exit 3") };
  const submitted = await submit({ steps: [done("one"), done("two"), failing], follow: [] }, bundle, []);
  expect(submitted).toMatchObject({ failed: { what: "three" }, why: "it ended with 3" });
  expect(readFileSync(join(bundle, "undone"), "utf8")).toBe("two\none\n");
  const silent = await submit({ steps: [{ what: "silent", command: ["true"], prints: "it" }], follow: [] }, bundle, []);
  expect(silent).toMatchObject({ why: "it printed nothing", undone: [] });
  const missing = await submit({ steps: [{ what: "none", command: ["no-such-program"] }], follow: [] }, bundle, []);
  expect(missing).toMatchObject({ why: expect.stringContaining("ENOENT") });
  expect(existsSync(join(bundle, "no"))).toBe(false);
});

test("a dry run prints what would run, and where, and writes nothing", () =>
  inFolder((folder, plan) => {
    const slurm = plan.replace("scheduler: { kind: local }", "scheduler: { kind: slurm, partition: gpu }");
    writeFileSync(join(folder, "plans/slurm.yaml"), slurm);
    const { status, stdout, stderr } = planc(
      folder,
      "launch",
      "plans/slurm.yaml",
      "--dry-run",
      "--",
      "--max-steps",
      "5",
    );
    expect(status, stderr).toBe(0);
    const at = join(realpathSync(folder), "generated/qwen3-ep8");
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      `cd ${at}`,
      `sbatch --parsable --chdir=${at} ${at}/prepare.slurm --max-steps 5  # prepare, without GPUs`,
      `sbatch --parsable --chdir=${at} --dependency=afterok:PREPARE --kill-on-invalid-dep=yes ${at}/job.slurm --max-steps 5  # train`,
    ]);
    expect(existsSync(join(folder, "generated"))).toBe(false);
  }));
