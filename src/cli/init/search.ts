import { gpus } from "../../cluster/gpus.ts";
import { type Checked, checkPlan, modelOfPlan, type World } from "../../compiler.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { bytesOf, bytesPerParameter, stateBytes, usedBytes } from "../../estimate/memory.ts";
import { withFile } from "../../host.ts";
import type { Model } from "../../model/model.ts";
import type { FloatName } from "../../plan/types.ts";
import { bytes, count, divisors, plural } from "../../text/words.ts";
import type { Request, Sizes } from "./request.ts";
import { planText } from "./text.ts";

export interface Tried {
  /** The cluster is the one that was asked for, or a part of it. */
  readonly request: Request;
  readonly sizes: Sizes;
  readonly value: Checked | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** A step that leaves too little of the GPU, or only while experts are chosen evenly; and one that does not fit. */
const crowded = ["PLN5003", "PLN5005", "PLN5006", "PLN5041"];
const tooLarge = ["PLN5002", "PLN5004", "PLN5040"];
const bothFormats: readonly FloatName[] = ["float32", "bfloat16"];

/** What came of trying. */
export interface Search {
  /** The best plan that planc's own rules accept. */
  readonly best: Tried | undefined;
  /** Whether some way to share the model fails for nothing but memory. */
  readonly isMemory: boolean;
}

/**
 * Tries every way to share the model among all GPUs, then among fewer. Of what the rules accept, room for a step comes
 * before parameters in float32, and these before the order of `meshes`.
 */
export function search(world: World, file: string, request: Request, model: Model): Search {
  const whole = searchCluster(world, file, request, model);
  if (whole.best !== undefined) return whole;
  for (const part of fewer(request)) {
    const { best } = searchCluster(world, file, part, model);
    if (best !== undefined) return { ...whole, best };
  }
  return whole;
}

/** The same with every GPU at work. */
export function searchCluster(
  world: World,
  file: string,
  request: Request,
  { totals }: Pick<Model, "totals">,
  formats = bothFormats,
): Search {
  const memory = gpus.get(request.gpu)?.memory ?? Number.POSITIVE_INFINITY;
  let inReserve: Tried | undefined;
  let isMemory = false;
  for (const parameters of formats) {
    const least = totals.total * (request.lora ? bytesOf.bfloat16 : bytesPerParameter(parameters));
    for (const sizes of meshes(request)) {
      // Most meshes of a large model are out of the question.
      const isHopeless = least > sizes.fsdp_size * memory;
      isMemory ||= isHopeless;
      if (isHopeless) continue;
      const tried = judge(world, file, request, { ...sizes, parameters });
      const errors = tried.diagnostics.filter(({ severity }) => severity === "error");
      isMemory ||= errors.length > 0 && errors.every(({ code }) => tooLarge.includes(code));
      if (tried.value === undefined) continue;
      if (!tried.diagnostics.some(({ code }) => crowded.includes(code))) return { best: tried, isMemory };
      inReserve ??= tried;
    }
  }
  return { best: inReserve, isMemory };
}

/**
 * Every mesh without tensor parallelism, ranks of one expert-parallel group on one node. Replicas over the nodes come first,
 * since they keep the weights' traffic inside a node, then more sharding, then replicas inside a node, for models with fewer
 * experts than ranks; expert parallelism is as wide as the experts allow.
 */
export function* meshes({ nodes, gpusPerNode }: Pick<Request, "nodes" | "gpusPerNode">): Generator<Sizes> {
  const ranks = nodes * gpusPerNode;
  const over = divisors(nodes).reverse();
  const inside = divisors(ranks).filter((replicas) => !over.includes(replicas));
  for (const dp_replicate_size of [...over, ...inside]) {
    const fsdp_size = ranks / dp_replicate_size;
    for (const ep_size of divisors(gpusPerNode).reverse()) {
      if (fsdp_size % ep_size === 0) yield { ep_size, fsdp_size, dp_replicate_size };
    }
  }
}

/** Clusters with some GPUs left over, the largest first. */
function fewer(request: Request): Request[] {
  const { nodes, gpusPerNode } = request;
  const below = (value: number) => Array.from({ length: value - 1 }, (_, index) => value - 1 - index);
  return [
    ...below(gpusPerNode).map((less) => ({ ...request, gpusPerNode: less })),
    ...below(nodes).map((less) => ({ ...request, nodes: less })),
  ].sort((a, b) => b.nodes * b.gpusPerNode - a.nodes * a.gpusPerNode);
}

/** Why the plan is as it is, as its comments. */
export function notesOf({ value, request }: Tried, asked: Request): string[] {
  if (value === undefined) return [];
  const { model, cluster, memory, batch, sizes } = value;
  const experts = plural(model.sizes.num_experts / sizes.ep_size, "expert");
  const used = usedBytes(memory);
  const states = `parameters, gradients and AdamW states take ${bytes(stateBytes(memory))}`;
  const peak = used === null ? "" : `, a step at its peak ${bytes(used)}`;
  const [taken, all] = [request, asked].map(({ nodes, gpusPerNode }) => nodes * gpusPerNode);
  return [
    `${experts} of ${model.sizes.num_experts} on a rank; ${states}${peak} of ${bytes(cluster.gpu.memory)}`,
    `${batch.exact ? "" : "up to "}${count(batch.tokens_per_step ?? 0)} tokens a step`,
    ...(taken === all ? [] : [`${taken} of ${all} GPUs: the model cannot be shared by more of them`]),
  ];
}

/** The model of a config.json, and what is wrong with it. */
export function modelOf(world: World, file: string, request: Request) {
  const sizes = { ep_size: 1, fsdp_size: 1, dp_replicate_size: 1 };
  return modelOfPlan(withPlan(world, file, planText(world.stacks, request, sizes)), file);
}

/** Judges one way to share the model, as `planc check` would: with the options that the model asks for, once it is read. */
export function judge(world: World, file: string, request: Request, sizes: Sizes): Tried {
  const bare = planText(world.stacks, request, sizes);
  const first = checkPlan(withPlan(world, file, bare), file);
  const facts = first.facts.model;
  const text = facts === undefined ? bare : planText(world.stacks, request, sizes, { facts });
  const judged = text === bare ? first : checkPlan(withPlan(world, file, text), file);
  return { request, sizes, ...judged };
}

function withPlan({ host, stacks }: World, file: string, text: string): World {
  return { stacks, host: withFile(host, file, new TextEncoder().encode(text)) };
}
