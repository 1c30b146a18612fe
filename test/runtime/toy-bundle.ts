/** A bundle on disk for a small config, and the jobs that make a toy checkpoint and data for it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { plan } from "../plans.ts";
import { type Job, ownProgram } from "../python/jobs.ts";

type Tree = Readonly<Record<string, unknown>>;

/** Compiles a plan over `config` into `folder/bundle` and returns that path. */
export async function toyBundle(folder: string, config: Tree, changes: Tree): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const files = { "plan.yaml": JSON.stringify(plan(changes)), "config.json": JSON.stringify(config) };
  const { value, diagnostics } = await compilePlan(memoryHost(files), "plan.yaml");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const bundle = join(folder, "bundle");
  expect(writeBundle(nodeHost, bundle, value?.files ?? []).diagnostics).toEqual([]);
  return bundle;
}

/** Makes `folder/model` and `folder/data.jsonl`. */
export function toyJob(folder: string, config: Tree): Job {
  return { program: ownProgram("toy_checkpoint.py"), arguments: [folder, JSON.stringify(config)], world: 1, folder };
}
