/** A bundle has the modules that its programs reach, all of them and no others, and each program runs with those alone. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { byHand } from "../../src/bundle/runtime.ts";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { ownProgram, runJobs } from "../python/jobs.ts";
import { python } from "../python.ts";
import { toyConfig } from "../runtime/toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-runtime-"));
afterAll(() => rmSync(folder, { recursive: true }));

const small = { cluster: { gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 2 } };
const plans: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  plain: small,
  "one rank": { cluster: { gpus_per_node: 1 }, parallelism: { fsdp_size: 1, ep_size: 1 } },
  converted: { ...small, conversion: { to: "gate_up" } },
  slurm: {
    ...small,
    cluster: { gpus_per_node: 2, scheduler: { kind: "slurm", time: "1:00:00" } },
    data: { path: "owner/rows" },
  },
};

const bundles: Record<string, string> = {};
beforeAll(async () => {
  for (const [name, changes] of Object.entries(plans)) {
    const files = { "plan.yaml": JSON.stringify(plan(changes)), "config.json": JSON.stringify(toyConfig) };
    const { value, diagnostics } = await compilePlan(memoryHost(files), "plan.yaml");
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const bundle = join(folder, name.replace(" ", "-"));
    expect(writeBundle(nodeHost, bundle, value?.files ?? []).diagnostics).toEqual([]);
    bundles[name] = bundle;
  }
});

test("Python finds every module that a program names, and no module that none names", () => {
  const output = execFileSync(python, [ownProgram("bundle_modules.py"), ...Object.values(bundles)], {
    encoding: "utf8",
  });
  const found: { missing: string[]; unnamed: string[] }[] = JSON.parse(output);
  const asked = byHand.flatMap((name): string[] => [name, `${name}.__main__`]);
  for (const { missing, unnamed } of found) {
    expect(missing).toEqual([]);
    expect(unnamed.filter((name) => !asked.includes(name))).toEqual([]);
  }
});

test("what no step needs is left out", () => {
  const modules = (name: string) => readdirSync(join(bundles[name] ?? "", "planc_runtime"));
  expect(modules("plain")).not.toContain("convert");
  expect(modules("plain")).not.toContain("adapters");
  expect(modules("converted")).toContain("convert");
  expect(modules("plain")).not.toContain("download.py");
  expect(modules("slurm")).toContain("download.py");
  expect(readdirSync(join(bundles["one rank"] ?? "", "planc_runtime/preflight"))).not.toContain("links");
});

// The rehearsal takes a folder and no options.
test("every program of a bundle starts with the bundle's files alone", () => {
  const programs = ["train.py", "forward.py", ...byHand.filter((name) => !name.endsWith("rehearsal")).map(mainOf)];
  const jobs = [
    ...programs.map((program) => ({ bundle: bundles["plain"] ?? "", program })),
    { bundle: bundles["converted"] ?? "", program: "convert.py" },
    { bundle: bundles["slurm"] ?? "", program: "planc_runtime/download.py" },
  ].map(({ bundle, program }) => ({
    program: join(bundle, program),
    arguments: ["--help"],
    world: 1,
    folder: bundle,
    path: bundle,
  }));
  const ran = runJobs(jobs).map(({ status, stderr }) => [status, stderr.join("").split("\n").at(-2) ?? ""]);
  expect(ran).toEqual(jobs.map(() => [[0], ""]));
});

function mainOf(module: string): string {
  const path = module.replaceAll(".", "/");
  return module.endsWith(".stack") ? `${path}.py` : `${path}/__main__.py`;
}
