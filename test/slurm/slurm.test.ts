/**
 * Jobs in a real Slurm, on nodes that are processes of this machine: what `planc launch` submits, from the preparation to the
 * job that saves before its limit, queues itself again and goes on; and what becomes of nodes and ranks that fail.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { history } from "../bundle/history.ts";
import { planc } from "../cli/binary.ts";
import { smallConfig } from "../model/variants.ts";
import { needs } from "../needs.ts";
import { plan } from "../plans.ts";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { ranksEnv } from "../ranks.ts";
import { hasSlurm, type JobState, Slurm, until } from "./cluster.ts";

// A name that no shell may take apart.
const folder = mkdtempSync(join(tmpdir(), "planc slurm $(touch no)'-"));
const cluster = mkdtempSync(join(tmpdir(), "planc-slurm-"));
const config = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24 };
const steps = 80;
let slurm: Slurm;

beforeEach((context) => needs(context, "slurm", hasSlurm));

beforeAll(async () => {
  if (!hasSlurm) return;
  execFileSync(python, [ownProgram("toy_checkpoint.py"), folder, JSON.stringify(config)], { env: ranksEnv });
  expect(planc(folder, "convert", "model", "--to", "fused", "-o", "converter").status).toBe(0);
  const places = ["--source", join(folder, "model"), "--output", join(folder, "fused")];
  execFileSync(python, [join(folder, "converter/convert.py"), ...places], { env: ranksEnv });
  // What is different on one node: a disk that takes ten seconds longer, or no Python.
  mkdirSync(join(folder, "slow"));
  writeFileSync(join(folder, "slow/sitecustomize.py"), slowDisk);
  writeFileSync(join(folder, "activate.sh"), activate);
  slurm = await Slurm.start(cluster);
});
afterAll(() => {
  slurm?.stop();
  for (const each of [folder, cluster]) rmSync(each, { recursive: true, force: true });
});

const slowDisk = `
import os
import time

fsync = os.fsync


def slow(descriptor):
    os.fsync = fsync
    time.sleep(10)
    fsync(descriptor)


if os.environ.get("SLURMD_NODENAME") == os.environ.get("SLOW_NODE", ""):
    os.fsync = slow
`;

const activate = `
here="\${BASH_SOURCE[0]%/*}"
export PYTHONPATH="$here/slow:\${PYTHONPATH:-}"
if [[ "\${SLURMD_NODENAME:-none}" == "\${BAD_NODE:-}" ]]; then export PYTHON=/no/python; fi
`;

/** Where nothing is to be found by looking. */
const quick = { PLANC_SKIP_PREFLIGHT: "1" };

/** A checkpoint that is stored in a form that has to be converted first. */
const fused = { checkpoint: "./fused", layout: "fused" };

/** Two nodes with a rank each. */
function writePlan(name: string, scheduler: object = {}, model: object = { checkpoint: "./model" }): void {
  const content = plan({
    name,
    model: { config: "model/config.json", ...model },
    cluster: {
      nodes: 2,
      gpus_per_node: 1,
      activate: "./activate.sh",
      scheduler: { kind: "slurm", partition: "main", time: "120", "cpus-per-task": 1, ...scheduler },
    },
    parallelism: { ep_size: 2, fsdp_size: 2 },
    data: { path: "./data.jsonl" },
    sft: {
      max_length: 32,
      max_steps: steps,
      save_steps: 1000,
      logging_steps: 1,
      learning_rate: 2e-3,
      report_to: "none",
      disable_tqdm: true,
      output_dir: `${name}-out`,
    },
  });
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(content, null, 2));
}

interface Submitted {
  readonly job: string;
  readonly prepared: string;
  readonly log: string;
  readonly said: string;
}

/** The command as a user runs it. The nodes' names are those of one machine, so the meeting place is given. */
function plancLaunch(name: string, env: NodeJS.ProcessEnv = {}) {
  return spawnSync(
    process.execPath,
    [`${root}bin/planc.js`, "launch", `${name}.yaml`, "-o", `bundle ${name}`, "--", "--cpu"],
    {
      cwd: folder,
      env: { ...ranksEnv, ...slurm.env, PYTHON: python, MASTER_ADDR: "127.0.0.1", ...env },
      encoding: "utf8",
    },
  );
}

function launch(name: string, env: NodeJS.ProcessEnv = {}): Submitted {
  const { status, stdout, stderr } = plancLaunch(name, env);
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  const [, prepared = ""] = /submitted: job (\d+) \(prepare/.exec(stdout) ?? [];
  const [, job = ""] = /submitted: job (\d+) \(train\)/.exec(stdout) ?? [];
  return { job, prepared, said: stdout, log: join(folder, `bundle ${name}`, `${name}-${job}.log`) };
}

/** Nothing of a file that is not there, or no longer. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
const trains = (log: string) => until(() => read(log).includes("'loss'"));

/** The processes of a job's ranks, of one of them or all. */
function ranks(name: string, rank = "[01]"): number[] {
  const isRank = new RegExp(`\\0RANK=${rank}\\0`);
  const isOwn = (pid: string) =>
    read(`/proc/${pid}/cmdline`).includes(`bundle ${name}/train.py`) &&
    isRank.test(`\0${read(`/proc/${pid}/environ`)}`);
  const own = readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && isOwn(pid))
    .map(Number);
  expect(own.length).toBeGreaterThan(0);
  return own;
}

function signal(processes: readonly number[], name: NodeJS.Signals): void {
  for (const pid of processes) process.kill(pid, name);
}

/** For a test that fails: what the job has said, and what Slurm's daemons have. */
const withLog = (state: JobState, log: string) => `${JSON.stringify(state)}\n${read(log).slice(-6000)}${slurm.logs()}`;

test("prepared, told to stop at its limit, queued again and gone on: the losses of a run that nobody stopped", async () => {
  writePlan("whole", {}, fused);
  const { job, log, prepared, said } = launch("whole", { ...quick, SLOW_NODE: "node1" });
  expect(said).toContain(`scancel --batch --signal=USR1 ${job}`);
  // The job waits for the preparation, which gets no GPU.
  const preparation = await slurm.ended(prepared);
  expect(preparation.state, withLog(preparation, log.replace(`whole-${job}`, `whole-prepare-${prepared}`))).toBe(
    "COMPLETED",
  );
  expect(existsSync(join(folder, "fused-gate_up/planc-conversion.json"))).toBe(true);
  expect(slurm.run("scontrol", "show", "job", prepared)).not.toContain("gres/gpu");

  await trains(log);
  // The limit comes near, and Slurm tells the batch script, as `--signal=B:USR1@300` asks. The ranks stand still until then.
  signal(ranks("whole"), "SIGSTOP");
  slurm.run("scontrol", "update", `JobId=${job}`, "TimeLimit=5");
  await until(() => read(log).includes("told to save"));
  signal(ranks("whole"), "SIGCONT");
  const stopped = await slurm.until(job, ({ restarts, state }) => restarts > 0 || state === "FAILED");
  expect(stopped.restarts, withLog(stopped, log)).toBe(1);
  const first = read(log);
  const [, step] = /told to stop after step (\d+); .* is complete/.exec(first) ?? [];
  expect(Number(step), first).toBeGreaterThan(0);
  // Both nodes have saved, the slow one too, and none of them was ended by the other.
  expect(first).toMatch(/checkpoint-\d+ in 1\d\.\d s/);
  expect(first).not.toMatch(/STEP .* CANCELLED|Terminated/);
  expect(first).toContain(`job ${job} queues itself again`);

  // Slurm starts it again once the credential of its first start has run out. Nobody hurries it: a start before that is refused.
  slurm.run("scontrol", "update", `JobId=${job}`, "TimeLimit=120");
  const ended = await slurm.ended(job);
  expect(ended, withLog(ended, log)).toMatchObject({ state: "COMPLETED", exit: "0:0", restarts: 1 });
  // One log goes on, and each rank's own output is kept by start and node.
  expect(read(log).startsWith(first)).toBe(true);
  expect(read(log)).toContain(`after step ${step}`);
  for (const start of [0, 1])
    for (const node of [0, 1])
      expect(existsSync(join(folder, "bundle whole/logs", `${job}-${start}`, `node${node}`))).toBe(true);

  const bundle = join(folder, "bundle whole");
  const places = ["--model", join(folder, "fused-gate_up"), "--dataset", join(folder, "data.jsonl")];
  const args = ["--cpu", ...places, "--output-dir", join(folder, "reference-out")];
  const [alone] = runJobs([{ program: join(bundle, "train.py"), arguments: args, world: 2, folder, path: bundle }]);
  expect(alone?.status, alone?.stderr.join("\n")).toEqual([0, 0]);
  const losses = (text: string) => history(text).map(({ loss }) => loss);
  expect(losses(alone?.stdout[0] ?? "")).toHaveLength(steps);
  expect(losses(read(log))).toEqual(losses(alone?.stdout[0] ?? ""));
});

test("a node that fails the preflight is named, and the job is submitted again without it", async () => {
  writePlan("nodes", { exclude: "node0" });
  const { job, log } = launch("nodes", { BAD_NODE: "node1" });
  const ended = await slurm.ended(job);
  // Of node1 and node2 one is left, which is no place for two nodes: Slurm says so, and nothing goes round in circles.
  expect(ended.state, withLog(ended, log)).toBe("FAILED");
  expect(read(log)).toContain("error: the preflight failed on node1");
  expect(read(log)).toContain("Requested node configuration is not available");
  expect(read(log)).toContain("it could not be submitted again from here; leave them out with --exclude=node0,node1");

  writePlan("spare");
  const other = launch("spare", { BAD_NODE: "node1" });
  const failed = await slurm.ended(other.job);
  expect(failed.state, withLog(failed, other.log)).toBe("FAILED");
  const [, again = "", without] = /submitted again as job (\d+), without (\S+)/.exec(read(other.log)) ?? [];
  expect(without, withLog(failed, other.log)).toBe("node1");
  const second = join(folder, "bundle spare", `spare-${again}.log`);
  await trains(second);
  expect(slurm.run("squeue", "--noheader", `--jobs=${again}`, "--format=%N")).toBe("node[0,2]");

  // A node that is drained lets its job go on.
  slurm.run("scontrol", "update", "NodeName=node2", "State=DRAIN", "Reason=test");
  const drained = await slurm.ended(again);
  expect(drained, withLog(drained, second)).toMatchObject({ state: "COMPLETED", exit: "0:0" });
  slurm.run("scontrol", "update", "NodeName=node2", "State=RESUME");
});

test("a rank that is killed ends the job with its status, and the last lines say which", async () => {
  writePlan("killed");
  const { job, log } = launch("killed", quick);
  await trains(log);
  signal(ranks("killed", "1"), "SIGKILL");
  const ended = await slurm.ended(job);
  expect(ended, withLog(ended, log)).toMatchObject({ state: "FAILED", exit: "137:0", restarts: 0 });
  expect(read(log)).toMatch(/error: rank 1 was killed by SIGKILL/);
});

test("a job that is cancelled does not come back", async () => {
  writePlan("cancelled");
  const { job, log } = launch("cancelled", quick);
  await trains(log);
  slurm.run("scancel", job);
  const ended = await slurm.ended(job);
  expect(ended, withLog(ended, log)).toMatchObject({ state: "CANCELLED", restarts: 0 });
});

test("a job that Slurm refuses leaves no preparation behind", async () => {
  writePlan("refused", { partition: "nowhere", prepare: { partition: "main" } }, fused);
  const { status, stderr, stdout } = plancLaunch("refused");
  expect([status, stdout]).toEqual([1, expect.not.stringContaining("submitted")]);
  expect(stderr).toMatch(/^sbatch: error: .*[Ii]nvalid partition/m);
  expect(stderr).toMatch(/^error: could not train: sbatch: it ended with 1$/m);
  const [, taken = ""] = /^taken back: scancel (\d+)$/m.exec(stderr) ?? [];
  expect(await slurm.ended(taken)).toMatchObject({ state: expect.stringMatching(/CANCELLED|COMPLETED/) });

  const without = plancLaunch("refused", { PATH: "/nowhere" });
  expect(without.status).toBe(1);
  expect(without.stderr).toMatch(/^error: could not prepare, without GPUs: sbatch: spawn sbatch ENOENT$/m);
});

describe("sbatch accepts every script", () => {
  const sections: readonly object[] = [
    {},
    { time: "1-12", signal: 65535, requeue: false },
    { time: "90", exclusive: false, mem: "1G", "cpus-per-task": 2 },
    { gres: "gpu:1", exclude: "node[1-2]", constraint: undefined },
    { "mail-user": "someone@example.org", "mail-type": "END,FAIL" },
    { "container-image": "/images/$(touch)'.sqsh", "container-mounts": "/a b:/a b" },
    { prepare: { partition: "main", time: "10", mem: "100M", "cpus-per-task": 1 } },
  ];
  test.each(sections.map((section) => [JSON.stringify(section), section] as const))("of %s", (_, section) => {
    const name = "accepted";
    writePlan(name, "exclude" in section ? { ...section, exclude: "node2" } : section, fused);
    const compiled = planc(folder, "compile", `${name}.yaml`, "-o", name);
    expect(compiled.status, compiled.stderr).toBe(0);
    for (const script of ["prepare.slurm", "job.slurm"]) {
      const asked = spawnSync("sbatch", ["--test-only", script], {
        cwd: join(folder, name),
        env: slurm.env,
        encoding: "utf8",
      });
      expect(asked.status, asked.stderr).toBe(0);
      expect(asked.stderr).toContain("to start at");
    }
  });
});
