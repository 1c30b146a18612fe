/**
 * What the memory figures are measured on: real models with fewer layers, one rank of a mesh at a time. The figures were
 * fixed on the first list; the second was measured afterwards.
 */

export interface Configuration {
  readonly name: string;
  /** The config.json, a file of test/fixtures/configs. */
  readonly model: string;
  readonly layers: number;
  readonly mesh: {
    readonly ep_size: number;
    readonly fsdp_size: number;
    readonly tp_size?: number;
    readonly dp_replicate_size?: number;
  };
  readonly ep_implementation?: "planc" | "all_to_all" | "all_reduce";
  readonly attn_implementation?: "eager" | "flex_attention";
  readonly recompute: "full" | "attention" | "experts" | "none";
  readonly parameters: "bfloat16" | "float32";
  /** Sequences of a micro-batch, tokens of one of them, micro-batches of a step. */
  readonly batch: readonly [number, number, number];
}

const qwen = { model: "Qwen3-30B-A3B", parameters: "bfloat16", recompute: "full", batch: [4, 4096, 1] } as const;

export const fitted: readonly Configuration[] = [
  { ...qwen, name: "full-16", layers: 16, mesh: { ep_size: 2, fsdp_size: 2 } },
  { ...qwen, name: "none-16", layers: 16, mesh: { ep_size: 2, fsdp_size: 2 }, recompute: "none" },
  { ...qwen, name: "attention-16", layers: 16, mesh: { ep_size: 2, fsdp_size: 2 }, recompute: "attention" },
  { ...qwen, name: "experts-16", layers: 16, mesh: { ep_size: 2, fsdp_size: 2 }, recompute: "experts" },
  {
    ...qwen,
    name: "float32-48",
    layers: 48,
    mesh: { ep_size: 8, fsdp_size: 8 },
    parameters: "float32",
    batch: [1, 4096, 1],
  },
  { ...qwen, name: "none-48", layers: 48, mesh: { ep_size: 8, fsdp_size: 8 }, recompute: "none", batch: [1, 4096, 1] },
  { ...qwen, name: "no-ep-4", layers: 4, mesh: { ep_size: 1, fsdp_size: 4 }, recompute: "none", parameters: "float32" },
  { ...qwen, name: "long-24", layers: 24, mesh: { ep_size: 4, fsdp_size: 8 }, batch: [2, 8192, 2] },
  { ...qwen, name: "stock-full-16", layers: 16, mesh: { ep_size: 2, fsdp_size: 2 }, ep_implementation: "all_to_all" },
  {
    ...qwen,
    name: "stock-none-16",
    layers: 16,
    mesh: { ep_size: 4, fsdp_size: 4 },
    ep_implementation: "all_to_all",
    recompute: "none",
    batch: [2, 4096, 1],
  },
  { ...qwen, name: "alone-8", layers: 8, mesh: { ep_size: 1, fsdp_size: 1 }, batch: [2, 4096, 1] },
  {
    ...qwen,
    name: "short-16",
    layers: 16,
    mesh: { ep_size: 4, fsdp_size: 4 },
    recompute: "attention",
    parameters: "float32",
    batch: [2, 2048, 2],
  },
];

export const others: readonly Configuration[] = [
  { ...qwen, name: "whole-48", layers: 48, mesh: { ep_size: 2, fsdp_size: 2 } },
  {
    ...qwen,
    name: "longer-32",
    layers: 32,
    mesh: { ep_size: 8, fsdp_size: 8 },
    batch: [1, 16384, 1],
    recompute: "attention",
  },
  {
    ...qwen,
    name: "experts-40",
    layers: 40,
    mesh: { ep_size: 8, fsdp_size: 8 },
    recompute: "experts",
    batch: [2, 4096, 2],
  },
  {
    ...qwen,
    name: "replicas-12",
    layers: 12,
    mesh: { ep_size: 2, fsdp_size: 2, dp_replicate_size: 2 },
    parameters: "float32",
    batch: [1, 4096, 1],
  },
  {
    ...qwen,
    name: "stock-attention-20",
    layers: 20,
    mesh: { ep_size: 4, fsdp_size: 8 },
    ep_implementation: "all_to_all",
    recompute: "attention",
    batch: [2, 4096, 1],
  },
  { ...qwen, name: "no-ep-12", layers: 12, mesh: { ep_size: 1, fsdp_size: 8 }, batch: [8, 2048, 1] },
  { ...qwen, name: "wide-6", layers: 6, mesh: { ep_size: 4, fsdp_size: 4 }, recompute: "none", batch: [8, 4096, 1] },
  {
    ...qwen,
    name: "glm-air-10",
    model: "GLM-4.5-Air",
    layers: 10,
    mesh: { ep_size: 8, fsdp_size: 8 },
    batch: [2, 4096, 1],
  },
  {
    ...qwen,
    name: "mixtral-16",
    model: "Mixtral-8x7B-v0.1",
    layers: 16,
    mesh: { ep_size: 8, fsdp_size: 8 },
    recompute: "attention",
    batch: [2, 4096, 1],
  },
  {
    ...qwen,
    name: "deepseek-lite-14",
    model: "DeepSeek-V2-Lite",
    layers: 14,
    mesh: { ep_size: 4, fsdp_size: 4 },
    batch: [2, 4096, 1],
  },
  {
    ...qwen,
    name: "olmoe-16",
    model: "OLMoE-1B-7B-0924",
    layers: 16,
    mesh: { ep_size: 4, fsdp_size: 4 },
    recompute: "none",
    parameters: "float32",
    batch: [2, 4096, 1],
  },
  {
    ...qwen,
    name: "gpt-oss-12",
    model: "gpt-oss-20b",
    layers: 12,
    mesh: { ep_size: 4, fsdp_size: 4 },
    attn_implementation: "eager",
    batch: [1, 2048, 1],
  },
];

/** Measured last, with nothing changed after: what the figures are worth. */
export const last: readonly Configuration[] = [
  {
    ...qwen,
    name: "none-10",
    layers: 10,
    mesh: { ep_size: 8, fsdp_size: 8 },
    recompute: "none",
    parameters: "float32",
    batch: [4, 2048, 2],
  },
  { ...qwen, name: "full-36", layers: 36, mesh: { ep_size: 4, fsdp_size: 8 }, batch: [1, 8192, 1] },
  {
    ...qwen,
    name: "stock-attention-16",
    layers: 16,
    mesh: { ep_size: 8, fsdp_size: 8 },
    ep_implementation: "all_to_all",
    recompute: "attention",
    batch: [2, 2048, 1],
  },
  {
    ...qwen,
    name: "mixtral-8",
    model: "Mixtral-8x7B-v0.1",
    layers: 8,
    mesh: { ep_size: 4, fsdp_size: 4 },
    recompute: "none",
    batch: [2, 4096, 1],
  },
  {
    ...qwen,
    name: "mixtral-20",
    model: "Mixtral-8x7B-v0.1",
    layers: 20,
    mesh: { ep_size: 8, fsdp_size: 8 },
    batch: [1, 8192, 2],
  },
  {
    ...qwen,
    name: "olmoe-full-16",
    model: "OLMoE-1B-7B-0924",
    layers: 16,
    mesh: { ep_size: 8, fsdp_size: 8 },
    batch: [4, 4096, 1],
  },
  {
    ...qwen,
    name: "gpt-oss-24",
    model: "gpt-oss-20b",
    layers: 24,
    mesh: { ep_size: 8, fsdp_size: 8 },
    attn_implementation: "eager",
    batch: [1, 4096, 1],
  },
  {
    ...qwen,
    name: "replicas-8",
    layers: 8,
    mesh: { ep_size: 4, fsdp_size: 4, dp_replicate_size: 2 },
    recompute: "experts",
    batch: [2, 4096, 2],
  },
];
