/**
 * The life of a job in pods: what containers run, under the variables that Kubernetes or Kubeflow Trainer sets, two nodes as
 * two processes. Whatever happens to one pod, the statuses are those that the job's restarts count on.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { history } from "../bundle/history.ts";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { ranksEnv } from "../ranks.ts";
import { toyBundle, toyConfig } from "../runtime/toy-bundle.ts";
import { at, documents, type Tree } from "./objects.ts";
import { freePort, operatorVariables, type Pod, start, variables } from "./pods.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-pods-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const steps = 60;
const kinds = ["kubernetes", "trainjob"] as const;

/** A disk that takes nothing more once it is to hold a checkpoint, on the node for which the file is there. */
const stuckDisk = `
import os
import time
from pathlib import Path

fsync = os.fsync


def stuck(descriptor):
    if os.path.exists(os.environ["STUCK"]):
        print("the disk is stuck", flush=True)
        time.sleep(100000)
    fsync(descriptor)


if "STUCK" in os.environ:
    os.fsync = stuck
`;

beforeAll(async () => {
  for (const kind of kinds) {
    await toyBundle(join(folder, kind), toyConfig, {
      name: "toy",
      model: { checkpoint: join(folder, "model") },
      data: { path: join(folder, "data.jsonl") },
      cluster: {
        nodes: 2,
        gpus_per_node: 1,
        scheduler: {
          kind,
          image: "toy:1",
          bundle: join(folder, kind, "bundle"),
          volumes: [{ claimName: "data", mountPath: folder }],
        },
      },
      parallelism: { fsdp_size: 2, ep_size: 1 },
      sft: {
        max_length: 32,
        max_steps: steps,
        save_steps: 20,
        logging_steps: 1,
        learning_rate: 2e-3,
        report_to: "none",
        disable_tqdm: true,
        output_dir: join(folder, "output"),
      },
    });
  }
  execFileSync(python, [ownProgram("toy_checkpoint.py"), folder, JSON.stringify(toyConfig)], { env: ranksEnv });
  mkdirSync(join(folder, "stuck"));
  writeFileSync(join(folder, "stuck/sitecustomize.py"), stuckDisk);
});

const objects = (kind: string, file: string) => documents(readFileSync(join(folder, kind, "bundle", file), "utf8"));

/** Both pods of the job, started as the file says, without the preflight, which looks for GPUs. */
async function pods(kind: (typeof kinds)[number], more: readonly NodeJS.ProcessEnv[] = [{}, {}]): Promise<[Pod, Pod]> {
  const port = await freePort();
  const common = { PLANC_SKIP_PREFLIGHT: "1", PYTHONPATH: join(folder, "stuck") };
  const one = (index: number): Pod => {
    const env = { ...common, ...more[index] };
    const place = { index, port };
    if (kind === "kubernetes") {
      const container = at(objects(kind, "job.k8s.yaml").at(-1), "spec", "template", "spec", "containers", 0) as Tree;
      const command = [...(container["command"] as string[]), "--cpu"];
      return start(command, { ...variables(container, place), ...env }, String(container["workingDir"]));
    }
    const trainer = at(objects(kind, "job.trainjob.yaml").at(-1), "spec", "trainer") as Tree;
    const [bash = "", option = "", text = ""] = trainer["command"] as string[];
    return start([bash, option, `${text} --cpu`], { ...operatorVariables(trainer, place), ...env }, folder);
  };
  return [one(0), one(1)];
}

/** Whether a rank whose launch.sh keeps its notes in this folder knows that the run is to stop. */
const noted = (place: string) =>
  readdirSync(place, { recursive: true }).some((name) => /note-\d+\.json$/.test(String(name)));
// torchrun numbers nodes by their addresses, or here by their processes, so that either pod may have rank 0, which prints.
const said = ([first, second]: readonly [Pod, Pod]) => `${first.said()}\n---\n${second.said()}`;
const until = (job: readonly [Pod, Pod], words: string) => Promise.any(job.map((pod) => pod.until(words)));
const ended = ([first, second]: readonly [Pod, Pod]) => Promise.all([first.ended, second.ended]);
const losses = (text: string) => history(text).map(({ loss }) => loss);

test("one pod that is told to stop, killed as it saves, or told again: all start again, with the losses of one run", async () => {
  // Preempted, and killed before its save was complete: the other pod has no new checkpoint either, and is not counted.
  const stuck = join(folder, "is-stuck");
  mkdirSync(join(folder, "notes"));
  const preempted = await pods("kubernetes", [{ TMPDIR: join(folder, "notes") }, { STUCK: stuck }]);
  await until(preempted, "saved ");
  writeFileSync(stuck, "");
  preempted[1].terminate();
  await preempted[1].until("the disk is stuck");
  while (!noted(join(folder, "notes"))) await setTimeout(20);
  preempted[1].kill();
  expect(await ended(preempted), said(preempted)).toEqual([75, 137]);
  expect(preempted[0].said()).toMatch(/told to stop, but ranks were gone before checkpoint-\d+ was complete/);
  rmSync(stuck);

  // Told to stop in time: both save, and both end with the status that is not counted.
  const told = await pods("kubernetes");
  await until(told, "'loss'");
  told[0].terminate();
  expect(await ended(told), said(told)).toEqual([75, 75]);
  const [, from] = /resuming from .*, after step (\d+)/.exec(said(told)) ?? [];
  const [, step] = /told to stop after step (\d+); .* is complete/.exec(said(told)) ?? [];

  // Under Kubeflow Trainer's variables it goes on from there to its end.
  const last = await pods("trainjob");
  expect(await ended(last), said(last)).toEqual([0, 0]);
  expect(said(last)).toContain(`checkpoint-${step}, after step ${step}`);

  const bundle = join(folder, "kubernetes/bundle");
  const args = ["--cpu", "--output-dir", join(folder, "reference")];
  const [alone] = runJobs([{ program: join(bundle, "train.py"), arguments: args, world: 2, folder, path: bundle }]);
  expect(alone?.status, alone?.stderr.join("\n")).toEqual([0, 0]);
  const whole = losses(alone?.stdout[0] ?? "");
  expect(whole).toHaveLength(steps);
  const first = losses(said(preempted));
  expect(first.length).toBeGreaterThanOrEqual(Number(from));
  expect(first).toEqual(whole.slice(0, first.length));
  expect([...losses(said(told)), ...losses(said(last))]).toEqual(whole.slice(Number(from)));
});

test("a pod that is lost untold takes the other down with 1, in a sentence", async () => {
  const program = `import time\n\nprint("it trains", flush=True)\ntime.sleep(100000)\n`;
  writeFileSync(join(folder, "kubernetes/bundle/train.py"), program);
  const lost = await pods("kubernetes");
  await Promise.all(lost.map((pod) => pod.until("it trains")));
  lost[0].kill();
  expect(await ended(lost), said(lost)).toEqual([137, 1]);
  expect(lost[1].said().trimEnd().split("\n").at(-1)).toMatch(/^error: the machines of the job are not together: /);
  expect(lost[1].said()).not.toContain("Traceback");
});
