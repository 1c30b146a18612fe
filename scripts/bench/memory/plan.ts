import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../root.ts";
import type { Configuration } from "./configurations.ts";

/** The text of its config.json: the model's, with fewer layers. */
export function configOf({ model, layers }: Configuration): string {
  // Text, not values: 1.0 must not become 1.
  return readFileSync(join(root, `test/fixtures/configs/${model}.json`), "utf8")
    .replace(/("num_hidden_layers":\s*)\d+/, `$1${layers}`)
    .replace(/("(?:mlp_)?layer_types":\s*)(\[[^\]]*\])/g, (_, key, list) => {
      return key + JSON.stringify(JSON.parse(list).slice(0, layers));
    });
}

/** The text of its plan, beside that config.json. */
export function planOf({ name, mesh, batch, ...rest }: Configuration): string {
  const [per_device_train_batch_size, max_length, gradient_accumulation_steps] = batch;
  const ranks = mesh.fsdp_size * (mesh.tp_size ?? 1) * (mesh.dp_replicate_size ?? 1);
  const ep_implementation = rest.ep_implementation ?? (mesh.ep_size > 1 ? "planc" : undefined);
  return JSON.stringify({
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
  });
}
