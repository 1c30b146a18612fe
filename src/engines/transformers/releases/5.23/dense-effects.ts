import type { DenseEffect, DenseTarget, Role } from "../release.ts";
import { cuts } from "./style-cuts.ts";

const idle: DenseEffect = { kind: "none" };
const overlap: DenseEffect = { kind: "overlap" };
const unhooked = new Set(["replicate", "local_params"]);

/** What the hooks of styles do to a module that they were not made for. */
const whys: Readonly<Record<string, string>> = {
  all_reduce: "adds up outputs that each rank has whole",
  mla_kv_a_proj: "fails: it reads a config that is set for tensor parallelism only",
  moe_identity_expert: "divides the module's input by the number of ranks",
  packed_colwise: "adds up gradients that each rank has whole",
  replicated_with_grad_allreduce: "adds up gradients that FSDP averages already",
  sequence_parallel: "gives the module a distributed input that it cannot compute with",
};

/**
 * Of rules over ranks that hold different batches (`ep_size` is not `tp_size`), where FSDP always shards too. A rule for
 * a parameter only cuts it; a rule for a module hooks its forward and cuts the parameters it owns.
 */
export function denseEffect(style: string, { isParameter, hasParameters }: DenseTarget): DenseEffect {
  if (unhooked.has(style)) return idle;
  if (isParameter) return cuts(style) ? overlap : idle;
  if (style === "ep_dispatch_experts") return { kind: "dispatch" };
  if ((cuts(style) || style === "sequence_parallel") && hasParameters) return overlap;
  const onlyCuts = style === "grouped_gemm" || style === "packed_rowwise" || style === "replicated_with_grad_allreduce";
  if (onlyCuts && !hasParameters) return idle;
  return { kind: "wrong", why: whys[style] ?? "fails: it is for linear layers and embeddings" };
}

/** Styles that give a module its whole output back, whatever they do inside. */
const wholeAgain: Readonly<Record<Role, ReadonlySet<string>>> = {
  embedding: new Set(["embedding_rowwise", "embedding_colwise"]),
  linear: new Set([
    "colwise_gather_output",
    "colwise_rep",
    "rowwise_split_input",
    "rowwise_rep",
    "embedding_rowwise",
    "embedding_colwise",
  ]),
  other: new Set(),
};

/**
 * Of rules over ranks that share a batch (`ep_size` equals `tp_size`): there the styles do what they do in a
 * tensor-parallel plan, for modules outside the layers' attention and MLP, which are judged together.
 */
export function sharedDenseEffect(style: string, role: Role, target: DenseTarget): DenseEffect {
  if (unhooked.has(style) || (!target.isParameter && wholeAgain[role].has(style))) return idle;
  if (target.isParameter) {
    return cuts(style) ? { kind: "wrong", why: "cuts a parameter that its module computes with whole" } : idle;
  }
  if (style === "ep_dispatch_experts") return { kind: "dispatch" };
  const onlyCuts = style === "grouped_gemm" || style === "packed_rowwise" || style === "replicated_with_grad_allreduce";
  if (onlyCuts && !target.hasParameters) return idle;
  return { kind: "wrong", why: sharedWhys[style] ?? "fails or leaves its output in pieces" };
}

const sharedWhys: Readonly<Record<string, string>> = {
  ...whys,
  replicated_with_grad_allreduce: "adds up gradients that each rank has whole",
};
