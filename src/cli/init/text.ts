import { testedVersions } from "../../engines/transformers/tested.ts";
import { usual } from "../../engines/transformers/trainers/router-loss.ts";
import { isHubId } from "../../plan/hub-id.ts";
import { yaml } from "../../text/yaml.ts";
import type { Request, Sizes } from "./request.ts";

/** The text of a plan. `notes`: comment lines on the choice of the mesh. */
export function planText(request: Request, sizes: Sizes, notes: readonly string[] = []): string {
  const { ep_size, fsdp_size, dp_replicate_size, parameters = "float32" } = sizes;
  const comments = notes.map((note) => `  # ${note}\n`).join("");
  const versions = Object.entries(testedVersions)
    .map(([name, version]) => `${name}: ${version}`)
    .join(", ");
  return `version: 1
name: ${yaml(request.name)}
model:
  config: ${yaml(request.config)}
  # What the job loads: a folder, relative to this file, or a Hub id such as org/name.
  checkpoint: ${yaml(request.checkpoint)}
${revisionOf(request)}${request.layout === undefined ? "" : `  layout: ${request.layout}\n`}stack:
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
${dp_replicate_size > 1 ? `  dp_replicate_size: ${dp_replicate_size}\n` : ""}  ep_implementation: planc
${parameters === "bfloat16" ? "# Parameters in float32 would need more memory than there is.\n" : ""}precision: { parameters: ${parameters}, compute: bfloat16, reduce: float32 }
recompute: full
data:
  # Your own: a file or folder, relative to this file, or a dataset of the Hub.
  path: ${yaml(request.dataset)}
  split: train
# The trainer's own options, by its own names.
sft:
  max_length: ${request.maxLength}
  packing: true
  packing_strategy: wrapped
  per_device_train_batch_size: 1
  learning_rate: 2.0e-5
${routerLossOf(request)}  max_steps: 100
  logging_steps: 1
  save_strategy: steps
  save_steps: 50
  save_total_limit: 2
  report_to: none
  output_dir: ${yaml(`output/${request.name}`)}
`;
}

function routerLossOf({ routerLoss }: Request): string {
  if (routerLoss === undefined) return "";
  return `  # The config has ${routerLoss}, with which the router's auxiliary loss would outweigh the text.\n  router_aux_loss_coef: ${usual}\n`;
}

/** Where a Hub checkpoint is not pinned, the line that pins it. */
function revisionOf({ checkpoint, revision }: Request): string {
  if (revision !== undefined) return `  revision: ${yaml(revision)}\n`;
  return isHubId(checkpoint) ? "  # revision: COMMIT   # pin it, so that every run loads the same weights\n" : "";
}
