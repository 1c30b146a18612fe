import { isHubId } from "../plan/hub-id.ts";
import type { ModelFacts } from "../stack/facts.ts";
import { type Stacks, usualStack } from "../stack/stacks.ts";
import type { StarterOption } from "../stack/trainer.ts";
import { yaml } from "../text/yaml.ts";
import type { Candidate } from "./candidate.ts";
import type { Request } from "./request.ts";

/** What is known of a plan before it is written: the facts of one of the same model, and comment lines on its mesh. */
interface Known {
  readonly facts?: Pick<ModelFacts, "plan" | "model"> | undefined;
  readonly notes?: readonly string[];
}

/** The text of a plan. */
export function planText(
  stacks: Stacks,
  request: Request,
  candidate: Candidate,
  { facts, notes = [] }: Known = {},
): string {
  const { engine, trainer, task, tested } = usualStack(stacks);
  const { machines, ep_size, fsdp_size, tp_size, dp_replicate_size, parameters, recompute } = candidate;
  const options = task.starter({ ...request, ...candidate }, facts);
  const comments = notes.map((note) => `  # ${note}\n`).join("");
  const versions = Object.entries(tested)
    .map(([name, version]) => `${name}: ${version}`)
    .join(", ");
  return `version: 1
name: ${yaml(request.name)}
model:
  config: ${yaml(request.config)}
  # What the job loads: a folder, relative to this file, or a Hub id such as org/name.
  checkpoint: ${yaml(request.checkpoint)}
${revisionOf(request)}${request.layout === undefined ? "" : `  layout: ${request.layout}\n`}stack:
  engine: ${engine.name}
  trainer: ${trainer.name}
  versions: { ${versions} }
cluster:
  gpu: ${yaml(machines.gpu)}
  nodes: ${machines.nodes}
  gpus_per_node: ${machines.gpusPerNode}
parallelism:
${comments}  ep_size: ${ep_size}
  fsdp_size: ${fsdp_size}
${tp_size > 1 ? `  tp_size: ${tp_size}\n` : ""}${dp_replicate_size > 1 ? `  dp_replicate_size: ${dp_replicate_size}\n` : ""}  ep_implementation: planc
precision: { parameters: ${parameters}, compute: bfloat16, reduce: float32 }
recompute: ${recompute}
data:
  # Your own: a file or folder, relative to this file, or a dataset of the Hub.
  path: ${yaml(request.dataset)}
  split: train
${request.lora ? adapters : ""}# The trainer's own options, by its own names.
${task.key}:
${options.map(optionText).join("")}`;
}

/** Ranks and factors that most recipes begin with. */
const adapters = `# Adapters in place of the whole model, with the keys of PEFT's LoraConfig.
lora:
  targets: [attention, experts]
  r: 16
  lora_alpha: 32
`;

function optionText({ name, text, comment }: StarterOption): string {
  return `${comment === undefined ? "" : `  # ${comment}\n`}  ${name}: ${text}\n`;
}

/** Where a Hub checkpoint is not pinned, the line that pins it. */
function revisionOf({ checkpoint, revision }: Request): string {
  if (revision !== undefined) return `  revision: ${yaml(revision)}\n`;
  return isHubId(checkpoint) ? "  # revision: COMMIT   # pin it, so that every run loads the same weights\n" : "";
}
