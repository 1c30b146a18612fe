/**
 * What is wrong with training over expert parallelism on releases of transformers before the supported one: the worst
 * that is known about each, newest first. `from` is the first release a sentence holds for.
 */
export interface KnownIssue {
  readonly from: string;
  readonly issue: string;
}

export const knownIssues: readonly KnownIssue[] = [
  {
    from: "5.20",
    issue:
      "where ep_size equals fsdp_size * tp_size, the gradients of the experts come out divided by fsdp_size, without a message",
  },
  { from: "5.19", issue: "it refuses every ep_size other than tp_size" },
  { from: "5.18", issue: "it has no ep_size, and its expert-parallel ranks share one batch" },
  {
    from: "5.17",
    issue:
      "eager and batched experts train with wrong gradients, and fsdp_size beside tp_size is dropped on some ranks",
  },
  { from: "5.13", issue: "gradients outside the experts lack the share of the other ranks' experts, and become NaN" },
  { from: "5.7", issue: "the routers of many families break under expert parallelism" },
  { from: "5.6", issue: "most families, qwen3_moe among them, have no expert-parallel plan" },
  { from: "5.0", issue: "with ep_size above 1 tokens reach the wrong experts" },
  { from: "0", issue: "it has no expert parallelism for training" },
];
