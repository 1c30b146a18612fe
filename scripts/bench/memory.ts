/**
 * What a rank holds, foreseen and measured, on one GPU:
 *
 *   npm run bench:memory -- prepare FOLDER     compiles a bundle for each configuration
 *   python scripts/bench/memory/run.py FOLDER  trains a few steps of each, one rank of its mesh alone (needs a GPU)
 *   npm run bench:memory -- compare FOLDER     the table
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";
import { type Configuration, fitted, last, others } from "./memory/configurations.ts";

const [command, folder = "", ...names] = process.argv.slice(2);
const configurations = [...fitted, ...others, ...last].filter(({ name }) => names.length === 0 || names.includes(name));

if (command === "prepare") for (const configuration of configurations) prepare(configuration);
else if (command === "compare") compare();
else throw new Error("usage: memory.ts prepare|compare FOLDER [NAME…]");

function prepare({ name, model, layers, mesh, batch, ...rest }: Configuration): void {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  // Text, not values: 1.0 must not become 1.
  const config = readFileSync(join(root, `test/fixtures/configs/${model}.json`), "utf8")
    .replace(/("num_hidden_layers":\s*)\d+/, `$1${layers}`)
    .replace(/("(?:mlp_)?layer_types":\s*)(\[[^\]]*\])/g, (_, key, list) => {
      return key + JSON.stringify(JSON.parse(list).slice(0, layers));
    });
  writeFileSync(join(place, "config.json"), config);
  const [per_device_train_batch_size, max_length, gradient_accumulation_steps] = batch;
  const ranks = mesh.fsdp_size * (mesh.tp_size ?? 1) * (mesh.dp_replicate_size ?? 1);
  const ep_implementation = rest.ep_implementation ?? (mesh.ep_size > 1 ? "planc" : undefined);
  const plan = {
    version: 1,
    name,
    model: { config: "config.json", checkpoint: "/nowhere", attn_implementation: rest.attn_implementation ?? "sdpa" },
    stack: {
      engine: "transformers",
      trainer: "trl",
      versions: { transformers: "5.24.0", trl: "1.16.0", accelerate: "1.15.0", torch: "2.15.0" },
    },
    cluster: { gpu: "h200-sxm-141gb", nodes: 1, gpus_per_node: ranks },
    parallelism: { ...mesh, ...(ep_implementation && { ep_implementation }) },
    precision: { parameters: rest.parameters, compute: "bfloat16", reduce: "float32" },
    recompute: rest.recompute,
    data: { path: "/nowhere/data.jsonl" },
    sft: {
      max_length,
      per_device_train_batch_size,
      gradient_accumulation_steps,
      packing: true,
      packing_strategy: "wrapped",
      max_steps: 4,
      logging_steps: 1,
      save_strategy: "no",
      report_to: "none",
      disable_tqdm: true,
      output_dir: "/tmp/planc-memory",
    },
  };
  writeFileSync(join(place, "plan.yaml"), JSON.stringify(plan));
  const bundle = join(place, "bundle");
  execFileSync("node", [join(root, "bin/planc.js"), "compile", join(place, "plan.yaml"), "--out", bundle], {
    stdio: "inherit",
  });
  writeFileSync(join(bundle, "config.json"), config);
}

interface Measured {
  readonly steps: readonly { readonly allocated: number; readonly reserved: number }[];
}

function compare(): void {
  console.log("| configuration | allocated: foreseen, GB | measured | error | reserved: foreseen | measured | error |");
  console.log("|---|---|---|---|---|---|---|");
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name, "measured.json");
    if (!existsSync(file)) continue;
    const { steps } = JSON.parse(readFileSync(file, "utf8")) as Measured;
    const { peak } = JSON.parse(readFileSync(join(folder, name, "bundle/plan.lock.json"), "utf8")).memory;
    const most = (key: "allocated" | "reserved") => Math.max(...steps.map((step) => step[key]));
    const cells = (["allocated", "reserved"] as const).flatMap((key) => [
      (peak[key] / 1e9).toFixed(2),
      (most(key) / 1e9).toFixed(2),
      `${((100 * (peak[key] - most(key))) / most(key)).toFixed(1)} %`,
    ]);
    console.log(`| ${[name, ...cells].join(" | ")} |`);
  }
}
