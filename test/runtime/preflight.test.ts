/** The preflight on this machine: with real limits, mounts, folders and a Hub that answers, each check fine and failing. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { linesOf, lockFor, preflight, preflights, run, runtime, writeLock } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-preflight-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lock = lockFor();
const file = writeLock(folder, lock);
const data = join(folder, "data.jsonl");
writeFileSync(data, '{"text": "the sky is blue"}\n');
const tokenizer = fileURLToPath(new URL("../fixtures/tokenizer", import.meta.url));

/** A folder with every tensor of the lock, each of a few bytes. */
function checkpoint(name: string, how: object = {}): string {
  const place = join(folder, name);
  const script = ownProgram("preflight_checkpoint.py");
  execFileSync(python, [script, runtime, file, place, JSON.stringify(how)], { encoding: "utf8" });
  cpSync(tokenizer, place, { recursive: true });
  return place;
}

const fine = checkpoint("fine", { index: true });
const later = preflights();
const places = ["--cpu", "--dataset", data, "--output-dir", join(folder, "output")];

/** The lock of a plan whose own checkpoint that is. */
const ownLock = { ...lock, plan: { ...lock.plan, model: { ...lock.plan.model, checkpoint: fine } } };
const own = writeLock(folder, ownLock, "own.json");

test("a machine on which nothing stands in the way", async () => {
  const ran = await run(python, ["-m", "planc_runtime.preflight", own, "--json", ...places], { PLANC_SKIP_SAMPLE: "" });
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
  const { version, verdict, checks } = JSON.parse(ran.stdout);
  expect([version, verdict]).toEqual([1, "ok"]);
  const names = [
    ...["transformers", "trl", "accelerate", "torch", "datasets", "safetensors", "stack"],
    ...["shared memory", "open files", "processes", "checkpoint", "data", "tokenizer"],
    ...["data sample", "output", "disk"],
  ];
  expect(checks.map(({ name, verdict: each }: Record<string, string>) => [name, each])).toEqual(
    names.map((name) => [name, "ok"]),
  );
  expect(checks.map(({ message }: Record<string, string>) => message)).toContainEqual(
    expect.stringMatching(/\/fine: \d+ tensors, \d+ in BF16$/),
  );
  // The same lines for people, with what this machine has not: GPUs.
  const lines = await preflight(own, places.slice(1));
  expect([lines.status, lines.named["driver"]]).toEqual([
    2,
    expect.stringMatching(/^fails driver: .*; .*--cpu|--gpus/),
  ]);
  expect(Object.keys(lines.named).filter((name) => !lines.named[name]?.startsWith("ok"))).toEqual(["driver"]);
});

test("releases that the plan does not pin, and packages that are not there", async () => {
  const versions = {
    ...lock.plan.stack.versions,
    transformers: "5.22.0",
    accelerate: "1.14.9",
    "planc-no-such": "1.0",
  };
  const other = { ...lock, plan: { ...lock.plan, stack: { ...lock.plan.stack, versions } } };
  const { status, named } = await preflight(writeLock(folder, other, "versions.json"), [...places, "--model", fine]);
  expect([status, named]).toEqual([
    2,
    expect.objectContaining({
      transformers: expect.stringMatching(
        /^fails transformers: \S+ is installed; the plan was checked against 5.22.0; pip/,
      ),
      accelerate: expect.stringMatching(/^warns accelerate: \S+ is installed; the plan pins 1.14.9/),
      "planc-no-such": "fails planc-no-such: not installed; the plan pins 1.0; pip install planc-no-such==1.0",
    }),
  ]);
  const unreadable = await preflight(join(folder, "nothing.json"));
  expect([unreadable.status, unreadable.stderr]).toEqual([
    2,
    expect.stringMatching(/^error: cannot read .*nothing.json: /),
  ]);
});

describe("limits that are really set", () => {
  const limited = (limits: object): string[] =>
    JSON.parse(
      execFileSync(python, [ownProgram("preflight_limits.py"), runtime, JSON.stringify(limits)], { encoding: "utf8" }),
    );

  test("fail, warn and pass", () => {
    // Of the user who runs the tests there may be other processes: far fewer than these limits are apart.
    const least = limited({ NOFILE: 100, NPROC: 30, MEMLOCK: 65536 });
    expect(least).toEqual([
      expect.stringMatching(/^fails open files: 100 allowed; a rank cannot do with less than 144; ulimit -n 65536$/),
      expect.stringMatching(/^fails processes: \d+ allowed; 8 ranks cannot do with less than 192; raise ulimit -u/),
      expect.stringMatching(/^fails locked memory: 0.1 MiB allowed; RDMA cannot do with less than 64 MiB; ulimit -l/),
    ]);
    expect(limited({ NOFILE: 500 }).slice(0, 2)).toEqual([
      expect.stringMatching(/^warns open files: 500 allowed; a rank may want 560; /),
      expect.stringMatching(/^ok/),
    ]);
  });

  test("stop the preflight itself", async () => {
    const command = `ulimit -n 100; exec "$0" -m planc_runtime.preflight "$@"`;
    const ran = linesOf(await run("bash", ["-c", command, python, file, ...places, "--model", fine]));
    expect([ran.status, ran.named["open files"]]).toEqual([2, expect.stringMatching(/^fails open files: 100 allowed/)]);
  });
});

const mounts = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", folder]).status === 0;

describe("disks that are really small", () => {
  beforeEach((context) => needs(context, "mounts", mounts));

  /** Runs the preflight with a /dev/shm and an output folder of such sizes, on a machine that needs no GPU to say so. */
  async function onDisks(shm: string, output: string, args: readonly string[] = []) {
    const small = join(folder, "small");
    mkdirSync(small, { recursive: true });
    const script = `mount -t tmpfs -o size=${shm} tmpfs /dev/shm && mount -t tmpfs -o size=${output} tmpfs "$0" && exec "$@"`;
    const command = [
      python,
      "-m",
      "planc_runtime.preflight",
      own,
      "--dataset",
      data,
      "--output-dir",
      join(small, "new"),
    ];
    return linesOf(await run("unshare", ["-rm", "bash", "-c", script, small, ...command, "--model", fine, ...args]));
  }

  test("shared memory of a container's 64 MB, and less than one segment of NCCL's", async () => {
    const [docker, tiny, workers, cpu] = await Promise.all([
      onDisks("64m", "1g"),
      onDisks("4m", "1g"),
      onDisks("4m", "1g", ["--cpu", "--dataloader_num_workers", "64"]),
      onDisks("4m", "1g", ["--cpu"]),
    ]);
    expect(docker.named["shared memory"]).toMatch(
      /^warns shared memory: 64 MiB free of 64 MiB at \/dev\/shm; NCCL's guide asks for 1,024 MiB; docker run --shm-size=8g/,
    );
    expect(tiny.named["shared memory"]).toMatch(
      /^fails shared memory: 4.0 MiB free of 4.0 MiB at \/dev\/shm; NCCL take at least 9.2 MiB; docker run/,
    );
    expect(workers.named["shared memory"]).toMatch(/^fails .*; data loaders take at least 64 MiB; docker/);
    expect(cpu.named["shared memory"]).toMatch(/^ok/);
  });

  test("an output folder without room for the model, or for the checkpoints on the way", async () => {
    const [full, roomy] = await Promise.all([onDisks("64m", "4k", ["--cpu"]), onDisks("64m", "1g", ["--cpu"])]);
    expect(full.named["disk"]).toMatch(
      /^fails disk: 0.0 MiB free at \S+\/small; needed 0.7 MiB: the trained model 0.7 MiB; give/,
    );
    expect(roomy.named["disk"]).toMatch(/^ok disk: 1.0 GiB free at/);
  });
});

describe("what is counted", () => {
  const own = (changes: object, name: string) => {
    const model = { ...lock.plan.model, checkpoint: fine };
    const { save_strategy: _, ...sft } = lock.plan.sft;
    const plan = { ...lock.plan, model, sft: { ...sft, max_steps: 100, ...changes } };
    return writeLock(folder, { ...lock, plan }, name);
  };
  // What the model has in float32, counted by the compiler.
  const model = lock.model.parameters.total * 4;
  const MiB = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const needed = (name: string, changes: object, args: readonly string[] = [], where = places) => {
    const found = later(own(changes, `${name}.json`), [...where, ...args]);
    return () => found().named["disk"] ?? "";
  };

  const limited = { save_strategy: "steps", save_steps: 10, save_total_limit: 2 };
  const bare = needed("bare", {});
  const kept = needed("kept", limited);
  const half = needed("half", { save_strategy: "steps", save_steps: 0.5 });
  const models = needed("models", { save_only_model: true, save_steps: 25 });
  const epochs = needed("epochs", { save_strategy: "epoch" });
  const none = needed("none", limited, ["--save_strategy", "no"]);
  const told = needed("told", {}, ["--save-steps", "20", "--save-total-limit", "1", "--max-steps", "40"]);
  test("the trained model, and checkpoints with two states of AdamW for each that is kept and one more", () => {
    expect(bare()).toContain(`needed ${MiB(model)}: the trained model ${MiB(model)}`);
    expect(kept()).toContain(
      `needed ${MiB(10 * model)}: the trained model ${MiB(model)}, 3 checkpoints of ${MiB(3 * model)} ${MiB(9 * model)}`,
    );
    // Of 100 steps every 50th: only two are ever made.
    expect(half()).toContain(`2 checkpoints of ${MiB(3 * model)}`);
    expect(models()).toContain(`4 checkpoints of ${MiB(model)} ${MiB(4 * model)}`);
    expect(epochs()).toMatch(/^warns disk: .*2 checkpoints of .*all are kept.*save_total_limit/);
    expect(none()).toContain(`needed ${MiB(model)}: the trained model`);
    expect(none()).not.toContain("checkpoints");
    expect(told()).toContain("2 checkpoints");
  });

  const output = join(folder, "resumed");
  mkdirSync(join(output, "checkpoint-10"), { recursive: true });
  writeFileSync(join(output, "checkpoint-10", "__0_0.distcp"), Buffer.alloc(2 * model));
  const where = ["--cpu", "--dataset", data, "--output-dir", output];
  const resumed = needed("resumed", { save_steps: 10, save_total_limit: 1 }, [], where);
  test("less what is there already", () => {
    expect(resumed()).toContain(`needed ${MiB(5 * model)}: `);
  });

  const converting = (name: string) => {
    const converted = join(folder, name);
    const conversion = { ...lock.conversion, needed: true, checkpoint: converted };
    const plan = { ...lock.plan, model: { ...lock.plan.model, checkpoint: fine } };
    return later(writeLock(folder, { ...lock, plan, conversion }, `${name}-lock.json`), places);
  };
  const [undone, done] = [converting("unconverted"), converting("converted")];
  mkdirSync(join(folder, "converted"));
  writeFileSync(join(folder, "converted", "planc-conversion.json"), "{}");
  test("a conversion's result, until it is there", () => {
    expect(undone().named["disk"]).toContain(`the converted checkpoint ${MiB(model / 2)}`);
    expect(done().named["disk"]).toContain("the trained model");
    expect(done().named["disk"]).not.toContain("converted");
  });
});

describe("the checkpoint, the data and the output", () => {
  const fails = (text: string | RegExp) => [2, expect.stringMatching(text)];
  const ok = (text: RegExp) => [0, expect.stringMatching(text)];
  const awq = { quantization_config: { quant_method: "awq" } };
  const fp8 = { quantization_config: { quant_method: "fp8" } };
  const gone = checkpoint("gone", { index: true, cut: 3 });
  rmSync(join(gone, "model-00002-of-00002.safetensors"));
  const made = {
    cut: { index: true, cut: 3 },
    mixtral: { config: { model_type: "mixtral" } },
    awq: { config: awq },
    packed: { format: "I32", config: awq },
    leftover: { config: fp8 },
    "fp8 that says so": { format: "F8_E4M3", config: fp8 },
    "fp8 that does not": { format: "F8_E4M3", config: {} },
    bytes: { format: "I8" },
    half: { format: "F16" },
  };
  const folders = {
    fine,
    nowhere: "./nowhere",
    gone,
    ...Object.fromEntries(Object.entries(made).map(([name, how]) => [name, checkpoint(name, how)])),
  };
  const found = Object.entries(folders).map(
    ([name, place]) => [name, later(file, [...places, "--model", place])] as const,
  );

  test("a folder that cannot be trained is refused by what is wrong with it", () => {
    const said = found.map(([name, ran]) => [name, [ran().status, ran().named["checkpoint"]]]);
    expect(Object.fromEntries(said)).toEqual({
      fine: ok(/^ok/),
      nowhere: fails(/^fails checkpoint: .\/nowhere does not exist; give another/),
      cut: fails(/cut: model-00002-of-00002.safetensors: .*; download it again/),
      gone: fails(/index.json names model-00002-of-00002.safetensors, which is not there/),
      mixtral: fails(/is a mixtral model; the plan is for qwen3_moe/),
      awq: fails(
        /config.json claims awq, but the weights are plain BF16; remove quantization_config from its config.json/,
      ),
      packed: fails(/is quantised with awq, whose weights cannot be trained; give one in/),
      leftover: fails(/config.json claims fp8, but the weights are plain BF16;/),
      "fp8 that says so": fails(/is stored in fp8 blocks/),
      "fp8 that does not": fails(/is stored in fp8 blocks/),
      bytes: fails(/\S+weight is stored as I8, as [\d,]+ more; the loader would take its numbers as they stand/),
      half: ok(/^ok .* in F16$/),
    });
  });

  const tensors = lock.model.tensors.map((tensor: { stored: string[] }) => ({
    ...tensor,
    stored: tensor.stored.map((name) => name.replace("experts.{expert}.up_proj", "experts.{expert}.w3")),
  }));
  const plan = { ...lock.plan, model: { ...lock.plan.model, checkpoint: fine } };
  const other = writeLock(folder, { ...lock, plan, model: { ...lock.model, tensors } }, "layout.json");
  const layout = later(other, places);
  test("the plan's own has every tensor in the plan's layout", () => {
    expect([layout().status, layout().named["checkpoint"]]).toEqual(
      fails(
        /model.layers.0.mlp.experts.0.w3.weight, .* and \d+ more are missing; .*its layout \(per_expert\) are those/,
      ),
    );
  });

  const nothing = ["--cpu", "--model", fine, "--dataset", "./none", "--output-dir", join(data, "x")];
  const elsewhere = later(file, nothing);
  test("data and an output folder that are not there or no folder", () => {
    const { status, named } = elsewhere();
    expect([status, named["data"], named["output"]]).toEqual([
      2,
      "fails data: the data ./none does not exist; give another with --dataset",
      expect.stringMatching(/^fails output: \S+data.jsonl is a file; give another folder/),
    ]);
  });
});

describe("a checkpoint on the Hub", () => {
  let hub: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    const answers: Record<string, [number, string]> = {
      open: [200, ""],
      gated: [403, "GatedRepo"],
      gone: [404, "RepoNotFound"],
      moved: [404, "RevisionNotFound"],
    };
    hub = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const [status, code] = answers[request.url?.split("/")[2] ?? ""] ?? [500, ""];
      const headers = { etag: '"1"', "x-repo-commit": "1".repeat(40), "content-length": "2" };
      response.writeHead(status, { ...headers, ...(code === "" ? {} : { "x-error-code": code }) }).end();
    });
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => hub.close());

  const cache = join(folder, "hub");
  const of = async (name: string, env: NodeJS.ProcessEnv = {}) => {
    const endpoint = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
    const base = { HF_ENDPOINT: endpoint, HF_HUB_CACHE: cache, HF_HUB_DISABLE_TELEMETRY: "1" };
    const ran = await preflight(file, [...places, "--model", `planc/${name}`], { ...base, ...env });
    return [ran.status, ran.named["checkpoint"] ?? ran.stderr];
  };

  test("is asked for where the cache has it not, and refused where nobody has it", async () => {
    expect(await of("open")).toEqual([
      0,
      expect.stringMatching(/^warns .*planc\/open is not in the Hub's cache; the Hub has it: .*hf download/),
    ]);
    expect(asked.at(-1)).toBe("HEAD /planc/open/resolve/main/config.json");
    const refused = (text: RegExp) => [2, expect.stringMatching(text)];
    const closed = await Promise.all([
      of("gated"),
      of("gone"),
      of("moved"),
      of("open", { HF_ENDPOINT: "http://127.0.0.1:9" }),
      of("open", { HF_HUB_OFFLINE: "1" }),
    ]);
    expect(closed).toEqual([
      refused(/^fails .*not in the Hub's cache, and the Hub gives it only to those/),
      refused(/^fails .*the Hub knows no such model/),
      refused(/^fails .*the Hub has no revision/),
      refused(/^fails .*the Hub does not answer: /),
      refused(/^fails .*the Hub is switched off \(HF_HUB_OFFLINE\)/),
    ]);
  });

  test("is looked at as a folder where the cache has all of it", async () => {
    const commit = "2".repeat(40);
    const snapshot = join(cache, "models--planc--cached", "snapshots", commit);
    mkdirSync(join(cache, "models--planc--cached", "refs"), { recursive: true });
    writeFileSync(join(cache, "models--planc--cached", "refs", "main"), commit);
    checkpoint(join("hub", "models--planc--cached", "snapshots", commit), { index: true });
    const count = asked.length;
    expect(await of("cached")).toEqual([
      0,
      expect.stringMatching(/^ok checkpoint: \S+\/2{40}: \d+ tensors, \d+ in BF16$/),
    ]);
    expect(asked).toHaveLength(count);
    rmSync(join(snapshot, "model-00002-of-00002.safetensors"));
    expect(await of("cached", { HF_HUB_OFFLINE: "1" })).toEqual([
      2,
      expect.stringMatching(/^fails .*is only partly in the Hub's cache/),
    ]);
  });
});
