/**
 * What the figures of step times are measured on: real models with fewer layers. Those of two ranks run on two GPUs, with NCCL; those
 * of more as one rank alone, whose exchanges are copies. The figures were fixed on the first list; the second was measured for proof.
 */
import type { Configuration } from "../memory/configurations.ts";

const qwen = { model: "Qwen3-30B-A3B", parameters: "bfloat16", recompute: "full", batch: [4, 4096, 1] } as const;
const two = { ep_size: 2, fsdp_size: 2 } as const;
const eight = { ep_size: 8, fsdp_size: 8 } as const;

export const fitted: readonly Configuration[] = [
  { ...qwen, name: "full", layers: 16, mesh: two },
  { ...qwen, name: "none", layers: 16, mesh: two, recompute: "none" },
  { ...qwen, name: "attention", layers: 12, mesh: two, recompute: "attention" },
  { ...qwen, name: "experts", layers: 12, mesh: two, recompute: "experts", batch: [2, 4096, 1] },
  { ...qwen, name: "small", layers: 16, mesh: two, batch: [1, 4096, 1] },
  { ...qwen, name: "fsdp", layers: 12, mesh: { ep_size: 1, fsdp_size: 2 } },
  { ...qwen, name: "stock-none", layers: 12, mesh: two, ep_implementation: "all_to_all", recompute: "none" },
  { ...qwen, name: "float32", layers: 8, mesh: two, parameters: "float32" },
  { ...qwen, name: "olmoe", model: "OLMoE-1B-7B-0924", layers: 16, mesh: two },
  { ...qwen, name: "mixtral", model: "Mixtral-8x7B-v0.1", layers: 4, mesh: two, batch: [2, 4096, 1] },
  { ...qwen, name: "deepseek-lite", model: "DeepSeek-V2-Lite", layers: 12, mesh: two, batch: [2, 4096, 1] },
  { ...qwen, name: "alone", layers: 24, mesh: eight },
];

export const others: readonly Configuration[] = [
  { ...qwen, name: "deeper", layers: 24, mesh: two },
  { ...qwen, name: "longer", layers: 16, mesh: two, batch: [1, 16_384, 1] },
  { ...qwen, name: "shorter", layers: 16, mesh: two, recompute: "none", batch: [2, 2048, 1] },
  { ...qwen, name: "wider", layers: 8, mesh: two, recompute: "experts", batch: [8, 4096, 1] },
  { ...qwen, name: "stock-full", layers: 12, mesh: two, ep_implementation: "all_to_all", batch: [2, 4096, 1] },
  {
    ...qwen,
    name: "fsdp-none",
    layers: 12,
    mesh: { ep_size: 1, fsdp_size: 2 },
    recompute: "none",
    batch: [2, 4096, 1],
  },
  {
    ...qwen,
    name: "olmoe-none",
    model: "OLMoE-1B-7B-0924",
    layers: 16,
    mesh: two,
    recompute: "none",
    batch: [8, 2048, 1],
  },
  {
    ...qwen,
    name: "mixtral-attention",
    model: "Mixtral-8x7B-v0.1",
    layers: 6,
    mesh: two,
    recompute: "attention",
    batch: [4, 4096, 1],
  },
  { ...qwen, name: "glm-air", model: "GLM-4.5-Air", layers: 4, mesh: two },
  {
    ...qwen,
    name: "gpt-oss",
    model: "gpt-oss-20b",
    layers: 12,
    mesh: two,
    attn_implementation: "flex_attention",
    batch: [2, 4096, 1],
  },
  { ...qwen, name: "alone-attention", layers: 32, mesh: eight, recompute: "attention", batch: [2, 4096, 1] },
  { ...qwen, name: "whole", layers: 48, mesh: two },
];
