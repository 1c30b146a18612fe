import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { smallConfig } from "../model/variants.ts";
import { type Job, ownProgram } from "../python/jobs.ts";
import { toyBundle } from "./toy-bundle.ts";

export interface Mesh {
  readonly fsdp_size: number;
  readonly ep_size: number;
  readonly tp_size?: number;
}

// With latent attention every head has keys of its own.
const latent: Readonly<Record<string, number>> = { num_key_value_heads: 6 };

/** A folder that goes when the file's tests have ended. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "planc-export-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A family's small config.json whose experts are wide enough for grouped matrix products. */
export function configOf(family: string, changes: Readonly<Record<string, unknown>> = {}) {
  const own = family.startsWith("deepseek") ? latent : {};
  return { ...smallConfig(family), moe_intermediate_size: 24, ...own, ...changes };
}

/** Writes `FOLDER/bundle` of a plan for a config.json. */
export function bundleIn(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  { fsdp_size, ep_size }: Mesh,
): Promise<string> {
  return toyBundle(folder, config, { cluster: { gpus_per_node: fsdp_size }, parallelism: { fsdp_size, ep_size } });
}

/** Makes `FOLDER/model`, with a tokenizer. */
export function makeModel(folder: string, config: unknown): Job {
  const program = ownProgram("toy_checkpoint.py");
  return { program, arguments: [folder, JSON.stringify(config), "--rows", "1"], world: 1, folder };
}

/** Saves a checkpoint of a run in `FOLDER/OUTPUT`, from the ranks of a mesh. */
export function saveRun(folder: string, output: string, mesh: Mesh, step = 3): Job {
  const program = ownProgram("export_save.py");
  const args = ["model", output, `${step}`, JSON.stringify(mesh)];
  return { program, arguments: args, world: mesh.fsdp_size * (mesh.tp_size ?? 1), folder };
}
