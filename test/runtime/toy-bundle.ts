/** Bundles on disk for small configs, each compiled once in a run, and the jobs that make a toy checkpoint and data. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { compilePlan } from "../compiler.ts";
import { memoryHost } from "../host.ts";
import { smallConfig } from "../model/variants.ts";
import { plan } from "../plans.ts";
import { type Job, ownProgram } from "../python/jobs.ts";

type Tree = Readonly<Record<string, unknown>>;

export interface ToyMesh {
  readonly dp_replicate_size?: number;
  readonly fsdp_size: number;
  readonly ep_size: number;
}

/** The config that most tests of a run train. Grouped matrix products need rows of a multiple of 16 bytes. */
export const toyConfig: Tree = { ...smallConfig("qwen3_moe"), moe_intermediate_size: 24 };

/** The plan of a toy on a mesh. Tests change options on the command line, so that they share its bundle. */
export function toyPlan(mesh: ToyMesh): Tree {
  return {
    cluster: { gpus_per_node: (mesh.dp_replicate_size ?? 1) * mesh.fsdp_size },
    parallelism: { dp_replicate_size: 1, ...mesh },
    recompute: "none",
    sft: {
      max_length: 32,
      packing: true,
      packing_strategy: "wrapped",
      per_device_train_batch_size: 1,
      learning_rate: 2e-3,
      max_steps: 6,
      save_steps: 3,
      logging_steps: 1,
      report_to: "none",
      disable_tqdm: true,
    },
  };
}

/** Writes the bundle of a plan over `config` to `folder/bundle` and returns that path. */
export async function toyBundle(folder: string, config: Tree, changes: Tree): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const files = { "plan.yaml": JSON.stringify(plan(changes)), "config.json": JSON.stringify(config) };
  const digest = createHash("sha256").update(JSON.stringify(files)).digest("hex");
  const compiled = join(process.env["PLANC_TEST_SHARED"] ?? folder, `bundle-${digest}`);
  if (!existsSync(compiled)) {
    const { value, diagnostics } = await compilePlan(memoryHost(files), "plan.yaml");
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(writeBundle(nodeHost, compiled, value?.files ?? []).diagnostics).toEqual([]);
  }
  const bundle = join(folder, "bundle");
  cpSync(compiled, bundle, { recursive: true });
  return bundle;
}

/** Makes `folder/model` and `folder/data.jsonl`. */
export function toyJob(folder: string, config: Tree): Job {
  return { program: ownProgram("toy_checkpoint.py"), arguments: [folder, JSON.stringify(config)], world: 1, folder };
}
