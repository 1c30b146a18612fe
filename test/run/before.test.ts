/** What launch.sh runs before it trains on a release that planc has not read: the bundle's own rehearsal, and its verdict. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { config, plan } from "../plans.ts";
import { pythons } from "../python.ts";
import { ranksEnv } from "../ranks.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-before-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The bundle of a plan on a patch that planc has not read, of a release that is installed. */
async function bundleOf(release: string, name: string): Promise<string> {
  const tree = plan({
    stack: { untested: true, versions: { transformers: `${release}.1` } },
    cluster: { gpus_per_node: 2, gpu: { name: "large", memory_gb: 400 } },
    parallelism: { fsdp_size: 2, ep_size: 2 },
  });
  const files = { "plan.yaml": JSON.stringify(tree), "config.json": JSON.stringify(config("Qwen3-30B-A3B")) };
  const { value, diagnostics } = await compilePlan(memoryHost(files), "plan.yaml");
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  const bundle = join(folder, name);
  writeBundle(nodeHost, bundle, value.files);
  return bundle;
}

function rehearse(bundle: string, interpreter: string) {
  const args = ["-m", "planc_runtime.rehearsal.before", join(bundle, "plan.lock.json"), "--max-steps", "5"];
  const env = { ...ranksEnv, PYTHONPATH: bundle, PYTHONSAFEPATH: "1" };
  return spawnSync(interpreter, args, { cwd: folder, encoding: "utf8", env });
}

test.each(pythons)("transformers %s agrees with one process", async (release, interpreter) => {
  const { status, stdout, stderr } = rehearse(await bundleOf(release, release), interpreter);
  expect(stderr.split("\n").filter((line) => line.startsWith("error"))).toEqual([]);
  expect(stdout).toContain("transformers in a release that planc has not tried; a toy trains first");
  expect(stdout).toContain("rehearsal: agrees with one process");
  expect(status).toBe(0);
});

test("ends the job where a rank holds something else than the lock says, and keeps what was written", async () => {
  const [release = "", interpreter = ""] = pythons.at(-1) ?? [];
  const bundle = await bundleOf(release, "disagrees");
  const lock = join(bundle, "rehearsal/plan.lock.json");
  const content = JSON.parse(readFileSync(lock, "utf8"));
  for (const tensor of content.model.tensors) if (tensor.kind === "router") tensor.local_shape = [1, 1];
  writeFileSync(lock, JSON.stringify(content));
  const { status, stderr } = rehearse(bundle, interpreter);
  expect(stderr).toMatch(
    /error: the rehearsal disagrees with one process:\n {2}\S*mlp\.gate\.weight: a rank holds \[4, 64\]/,
  );
  expect(stderr).toMatch(/the rehearsal's folder: \S+; PLANC_SKIP_REHEARSAL=1 trains all the same/);
  expect(status).toBe(4);
});
