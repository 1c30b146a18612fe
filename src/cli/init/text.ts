import { testedVersions } from "../../engines/transformers/tested.ts";
import { yaml } from "../../text/yaml.ts";
import type { Request, Sizes } from "./request.ts";

/** The text of a plan. `notes`: comment lines on the choice of the mesh. */
export function planText(request: Request, sizes: Sizes, notes: readonly string[] = []): string {
  const { ep_size, fsdp_size, dp_replicate_size } = sizes;
  const comments = notes.map((note) => `  # ${note}\n`).join("");
  const versions = Object.entries(testedVersions)
    .map(([name, version]) => `${name}: ${version}`)
    .join(", ");
  return `version: 1
name: ${yaml(request.name)}
model:
  config: ${yaml(request.config)}
  checkpoint: ${yaml(request.checkpoint)}
stack:
  engine: transformers
  trainer: trl
  versions: { ${versions} }
cluster:
  gpu: ${yaml(request.gpu)}
  nodes: ${request.nodes}
  gpus_per_node: ${request.gpusPerNode}
parallelism:
${comments}  ep_size: ${ep_size}
  fsdp_size: ${fsdp_size}
  ep_implementation: planc
${dp_replicate_size > 1 ? `  dp_replicate_size: ${dp_replicate_size}\n` : ""}precision: { parameters: float32, compute: bfloat16, reduce: float32 }
recompute: full
data:
  path: ${yaml(request.dataset)}
  split: train
sft:
  max_length: ${request.maxLength}
  packing: true
  packing_strategy: wrapped
  per_device_train_batch_size: 1
  learning_rate: 2.0e-5
  max_steps: 100
  logging_steps: 1
  report_to: none
  output_dir: ${yaml(`output/${request.name}`)}
`;
}
