import { type Checked, checkPlan } from "../../compiler.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { stateBytes } from "../../estimate/memory.ts";
import { type Host, withFile } from "../../host.ts";
import { bytes, count, divisors, plural } from "../../text/words.ts";
import type { Request, Sizes } from "./request.ts";
import { planText } from "./text.ts";

export interface Tried {
  readonly sizes: Sizes;
  readonly value: Checked | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Tries meshes from the best to the worst and returns the first that planc's own rules accept, with room for a step if
 * there is one; else the last that was tried, whose diagnostics say why nothing fits. Replicas over the nodes come first,
 * since they keep the weights' traffic inside a node, then more sharding; expert parallelism stays inside a node, as wide
 * as the experts allow.
 */
export function search(host: Host, file: string, request: Request): Tried {
  let crowded: Tried | undefined;
  let last: Tried | undefined;
  for (const sizes of meshes(request)) {
    const tried = judge(host, file, request, sizes);
    if (tried.value !== undefined && !tried.diagnostics.some(({ code }) => code === "PLN5003")) return tried;
    if (tried.value !== undefined) crowded ??= tried;
    last = tried;
  }
  return crowded ?? last ?? judge(host, file, request, { ep_size: 1, fsdp_size: 1, dp_replicate_size: 1 });
}

/** Every mesh without tensor parallelism, ranks of one expert-parallel group on one node. */
export function* meshes({ nodes, gpusPerNode }: Pick<Request, "nodes" | "gpusPerNode">): Generator<Sizes> {
  for (const dp_replicate_size of divisors(nodes).reverse()) {
    const fsdp_size = (nodes * gpusPerNode) / dp_replicate_size;
    for (const ep_size of divisors(gpusPerNode).reverse()) yield { ep_size, fsdp_size, dp_replicate_size };
  }
}

/** Why the mesh is as it is, as comments of the plan. */
export function notesOf(checked: Checked): string[] {
  const { model, cluster, memory, batch, sizes } = checked;
  const experts = plural(model.sizes.num_experts / sizes.ep_size, "expert");
  const states = `${bytes(stateBytes(memory))} of ${bytes(cluster.gpu.memory)}`;
  return [
    `${experts} of ${model.sizes.num_experts} on a rank; parameters, gradients and AdamW states take ${states}`,
    `${count(batch.tokens_per_step ?? 0)} tokens a step`,
  ];
}

function judge(host: Host, file: string, request: Request, sizes: Sizes): Tried {
  const overlay = withFile(host, file, new TextEncoder().encode(planText(request, sizes)));
  return { sizes, ...checkPlan(overlay, file) };
}
