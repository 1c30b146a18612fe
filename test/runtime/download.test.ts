/** What a preparation fetches from a Hub that serves a folder of this machine, and that the job then finds it in the cache. */
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { toyBundle, toyConfig } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-download-"));
const commit = "1".repeat(40);
let hub: Server;
const sent: string[] = [];

beforeAll(async () => {
  await toyBundle(folder, toyConfig, {
    model: { checkpoint: "planc/toy", revision: commit },
    cluster: { gpus_per_node: 1, scheduler: { kind: "slurm", partition: "main" } },
    parallelism: { fsdp_size: 1, ep_size: 1 },
    data: { path: join(folder, "data.jsonl") },
    sft: { max_length: 32, max_steps: 1, report_to: "none" },
  });
  execFileSync(python, [ownProgram("toy_checkpoint.py"), folder, JSON.stringify(toyConfig)], { stdio: "pipe" });
  const model = join(folder, "model");
  writeFileSync(join(model, "pytorch_model.bin"), "nobody reads it");
  hub = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://hub");
    if (url.pathname.startsWith("/api/models/planc/toy")) {
      const siblings = readdirSync(model).map((rfilename) => ({
        rfilename,
        size: statSync(join(model, rfilename)).size,
      }));
      const tree = siblings.map(({ rfilename: path, size }) => ({ type: "file", path, size, oid: commit }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(url.pathname.includes("/tree/") ? tree : { id: "planc/toy", sha: commit, siblings }));
      return;
    }
    const [, name] = /^\/planc\/toy\/resolve\/[^/]+\/(.+)$/.exec(url.pathname) ?? [];
    if (name === undefined || !existsSync(join(model, name))) {
      const code = name === undefined ? "RepoNotFound" : "EntryNotFound";
      response.writeHead(404, { "x-error-code": code, "x-repo-commit": commit }).end();
      return;
    }
    const content = readFileSync(join(model, name));
    response.writeHead(200, { etag: `"${name}"`, "x-repo-commit": commit, "content-length": content.length });
    if (request.method === "GET") sent.push(name);
    response.end(request.method === "HEAD" ? undefined : content);
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  hub.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly status: number | null;
  readonly said: string;
}

function launch(stage: string, ...args: readonly string[]): Promise<Ended> {
  const env = {
    ...process.env,
    PYTHON: python,
    PLANC_STAGE: stage,
    HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    HF_HUB_CACHE: join(folder, "cache"),
    HF_HUB_DISABLE_TELEMETRY: "1",
  };
  mkdirSync(join(folder, "cache"), { recursive: true });
  const job = spawn("bash", [join(folder, "bundle/launch.sh"), ...args], { cwd: folder, env });
  let said = "";
  for (const stream of [job.stdout, job.stderr])
    stream.on("data", (text) => {
      said += text;
    });
  return new Promise((resolve) => job.on("close", (status) => resolve({ status, said })));
}

test("the checkpoint is fetched once, without what nobody reads, and the job's preflight finds it", async () => {
  const prepared = await launch("prepare");
  expect(prepared.status, prepared.said).toBe(0);
  expect(prepared.said).toMatch(/^planc\/toy is in \S+$/m);
  expect(sent).toEqual(expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json"]));
  expect(sent).not.toContain("pytorch_model.bin");

  const count = sent.length;
  expect((await launch("prepare")).status).toBe(0);
  expect(sent).toHaveLength(count);
  const looked = await launch("preflight", "--cpu");
  expect(looked.status, looked.said).toBe(0);
  expect(looked.said).toMatch(/ok +checkpoint: \S*cache\S*: \d+ tensors/);

  const refused = await launch("prepare", "--model", "planc/none");
  expect(refused.status).toBe(2);
  expect(refused.said).toMatch(
    /^error: planc\/none was not downloaded: \w+: .*; see HF_TOKEN, HF_ENDPOINT and the network$/m,
  );
  expect(refused.said).not.toContain("Traceback");
  // What lies here needs no Hub.
  const own = await launch("prepare", "--model", join(folder, "model"));
  expect([own.status, own.said]).toEqual([0, ""]);
});
