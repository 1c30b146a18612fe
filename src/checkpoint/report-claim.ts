import type { Case, CaseTensor, Examples } from "../diagnostics/case.ts";
import { PLN2123, PLN2124, PLN2125 } from "../diagnostics/catalogue/weights-form.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { andList } from "../text/words.ts";
import { claimOf, type Form, floats, formInWords, isMeant, marking } from "./form.ts";
import type { Named } from "./names.ts";
import type { Tree } from "./reading.ts";
import { shown } from "./scanner.ts";

/** A config.json's word on quantisation, against the weights. */
export function judgeClaim(folder: string, source: Source, config: Tree, form: Form, names: readonly Named[]) {
  const claim = claimOf(config);
  if (claim === undefined) {
    if (form.shows === undefined) return [];
    // fp8 without scales is judged tensor by tensor.
    if (form.method === "fp8" && !names.some(({ pattern }) => /_scale(_inv)?$/.test(pattern))) return [];
    const values = { form: formInWords(form), tensor: shown(form.shows.tensor.name) };
    return [PLN2125(fileStart(`${folder}/${form.shows.file}`), values)];
  }
  if (form.shows !== undefined && !isMeant(claim.method, form)) {
    const values = { form: formInWords(form), tensor: shown(form.shows.tensor.name), method: claim.method };
    return [PLN2125(source.at(claim.path, "key"), values, { variant: "other" })];
  }
  const isPlain = form.method === "plain" && names.every(({ tensor }) => floats.has(tensor.dtype));
  if (!isPlain || !marking.has(claim.method)) return [];
  const place = source.at(claim.path, "key");
  const dtypes = andList([...new Set(names.map(({ tensor }) => tensor.dtype))]);
  const values = { method: claim.method, dtypes, key: claim.path.join(".") };
  return claim.method === "mxfp4" ? [PLN2124(place, values)] : [PLN2123(place, values)];
}

/** One layer of gpt_oss, in sizes that a case can hold. */
const claiming = {
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  vocab_size: 96,
  pad_token_id: 0,
  hidden_size: 64,
  intermediate_size: 32,
  num_local_experts: 4,
  num_experts_per_tok: 2,
  router_aux_loss_coef: 0.001,
  num_hidden_layers: 1,
  layer_types: ["full_attention"],
};
const unclaiming = {
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  vocab_size: 96,
  pad_token_id: 0,
  hidden_size: 64,
  intermediate_size: 32,
  num_local_experts: 4,
  num_experts_per_tok: 2,
  router_aux_loss_coef: 0.001,
  num_hidden_layers: 1,
  layer_types: ["full_attention"],
  quantization_config: undefined,
};
const plain: Readonly<Record<string, CaseTensor>> = {
  "model.embed_tokens.weight": ["BF16", [96, 64]],
  "model.norm.weight": ["BF16", [64]],
  "lm_head.weight": ["BF16", [96, 64]],
  "model.layers.0.input_layernorm.weight": ["BF16", [64]],
  "model.layers.0.post_attention_layernorm.weight": ["BF16", [64]],
  "model.layers.0.self_attn.sinks": ["BF16", [4]],
  "model.layers.0.self_attn.q_proj.weight": ["BF16", [32, 64]],
  "model.layers.0.self_attn.q_proj.bias": ["BF16", [32]],
  "model.layers.0.self_attn.k_proj.weight": ["BF16", [16, 64]],
  "model.layers.0.self_attn.k_proj.bias": ["BF16", [16]],
  "model.layers.0.self_attn.v_proj.weight": ["BF16", [16, 64]],
  "model.layers.0.self_attn.v_proj.bias": ["BF16", [16]],
  "model.layers.0.self_attn.o_proj.weight": ["BF16", [64, 32]],
  "model.layers.0.self_attn.o_proj.bias": ["BF16", [64]],
  "model.layers.0.mlp.router.weight": ["BF16", [4, 64]],
  "model.layers.0.mlp.router.bias": ["BF16", [4]],
  "model.layers.0.mlp.experts.gate_up_proj_bias": ["BF16", [4, 64]],
  "model.layers.0.mlp.experts.down_proj_bias": ["BF16", [4, 64]],
  "model.layers.0.mlp.experts.gate_up_proj": ["BF16", [4, 64, 64]],
  "model.layers.0.mlp.experts.down_proj": ["BF16", [4, 32, 64]],
};
const blocks: Readonly<Record<string, CaseTensor>> = {
  "model.embed_tokens.weight": ["BF16", [96, 64]],
  "model.norm.weight": ["BF16", [64]],
  "lm_head.weight": ["BF16", [96, 64]],
  "model.layers.0.input_layernorm.weight": ["BF16", [64]],
  "model.layers.0.post_attention_layernorm.weight": ["BF16", [64]],
  "model.layers.0.self_attn.sinks": ["BF16", [4]],
  "model.layers.0.self_attn.q_proj.weight": ["BF16", [32, 64]],
  "model.layers.0.self_attn.q_proj.bias": ["BF16", [32]],
  "model.layers.0.self_attn.k_proj.weight": ["BF16", [16, 64]],
  "model.layers.0.self_attn.k_proj.bias": ["BF16", [16]],
  "model.layers.0.self_attn.v_proj.weight": ["BF16", [16, 64]],
  "model.layers.0.self_attn.v_proj.bias": ["BF16", [16]],
  "model.layers.0.self_attn.o_proj.weight": ["BF16", [64, 32]],
  "model.layers.0.self_attn.o_proj.bias": ["BF16", [64]],
  "model.layers.0.mlp.router.weight": ["BF16", [4, 64]],
  "model.layers.0.mlp.router.bias": ["BF16", [4]],
  "model.layers.0.mlp.experts.gate_up_proj_bias": ["BF16", [4, 64]],
  "model.layers.0.mlp.experts.down_proj_bias": ["BF16", [4, 64]],
  "model.layers.0.mlp.experts.gate_up_proj_blocks": ["U8", [4, 64, 2, 16]],
  "model.layers.0.mlp.experts.gate_up_proj_scales": ["U8", [4, 64, 2]],
  "model.layers.0.mlp.experts.down_proj_blocks": ["U8", [4, 64, 1, 16]],
  "model.layers.0.mlp.experts.down_proj_scales": ["U8", [4, 64, 1]],
};

export const examples: Examples = {
  PLN2123: {
    config: {
      of: "DeepSeek-V3",
      with: {
        hidden_size: 24,
        moe_intermediate_size: 8,
        intermediate_size: 8,
        vocab_size: 10,
        num_hidden_layers: 1,
        first_k_dense_replace: 0,
        num_nextn_predict_layers: 0,
        n_routed_experts: 4,
        n_group: 1,
        topk_group: 1,
        num_experts_per_tok: 2,
        num_attention_heads: 4,
        num_key_value_heads: 4,
        q_lora_rank: 16,
        kv_lora_rank: 16,
        qk_nope_head_dim: 16,
        qk_rope_head_dim: 8,
        v_head_dim: 16,
        quantization_config: undefined,
      },
    },
    beside: {
      model: { config: "model/config.json", checkpoint: "./model", layout: "gate_up" },
      cluster: { gpus_per_node: 4 },
      parallelism: { fsdp_size: 4 },
    },
    files: {
      "model/model.safetensors": {
        tensors: {
          "model.embed_tokens.weight": ["BF16", [10, 24]],
          "model.norm.weight": ["BF16", [24]],
          "lm_head.weight": ["BF16", [10, 24]],
          "model.layers.0.input_layernorm.weight": ["BF16", [24]],
          "model.layers.0.post_attention_layernorm.weight": ["BF16", [24]],
          "model.layers.0.self_attn.q_a_proj.weight": ["BF16", [16, 24]],
          "model.layers.0.self_attn.q_a_layernorm.weight": ["BF16", [16]],
          "model.layers.0.self_attn.q_b_proj.weight": ["BF16", [96, 16]],
          "model.layers.0.self_attn.kv_a_proj_with_mqa.weight": ["BF16", [24, 24]],
          "model.layers.0.self_attn.kv_a_layernorm.weight": ["BF16", [16]],
          "model.layers.0.self_attn.kv_b_proj.weight": ["BF16", [128, 16]],
          "model.layers.0.self_attn.o_proj.weight": ["BF16", [24, 64]],
          "model.layers.0.mlp.gate.weight": ["BF16", [4, 24]],
          "model.layers.0.mlp.gate.e_score_correction_bias": ["F32", [4]],
          "model.layers.0.mlp.shared_experts.gate_proj.weight": ["BF16", [8, 24]],
          "model.layers.0.mlp.shared_experts.up_proj.weight": ["BF16", [8, 24]],
          "model.layers.0.mlp.shared_experts.down_proj.weight": ["BF16", [24, 8]],
          "model.layers.0.mlp.experts.gate_up_proj": ["BF16", [4, 16, 24]],
          "model.layers.0.mlp.experts.down_proj": ["BF16", [4, 24, 8]],
        },
      },
    },
  },
  PLN2124: {
    config: { of: "gpt-oss-20b", with: unclaiming },
    beside: {
      model: { config: "model/config.json", checkpoint: "./model", layout: "gate_up_interleaved" },
      cluster: { gpus_per_node: 4 },
      parallelism: { fsdp_size: 4 },
    },
    files: { "model/model.safetensors": { tensors: plain } },
  },
  PLN2125: {
    config: { of: "gpt-oss-20b", with: unclaiming },
    beside: {
      model: { config: "model/config.json", checkpoint: "./model", layout: "mxfp4" },
      cluster: { gpus_per_node: 4 },
      parallelism: { fsdp_size: 4 },
    },
    files: { "model/model.safetensors": { tensors: blocks } },
  },
};

export const cases: readonly Case[] = [
  {
    name: "fp8 that is none",
    config: { of: "toy", with: { quantization_config: { quant_method: "fp8" } } },
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 38:[03:24) | «"quantization_config"»: { | PLN2123 config.json claims fp8, but the weights are plain BF16: its quantization_config is a leftover
#@   help: remove that key: the weights are what the job loads, and they are not quantised
`,
  },
  {
    name: "mxfp4 that is none",
    config: { of: "gpt-oss-20b", with: claiming },
    files: { "model/model.safetensors": { tensors: plain } },
    plan: `
model: { config: model/config.json, checkpoint: ./model, layout: gate_up_interleaved }
cluster: { gpus_per_node: 4 }
parallelism: { ep_size: 1, fsdp_size: 4 }
#@ model/config.json 27:[03:24) | «"quantization_config"»: { | PLN2124 warning: config.json claims mxfp4, but the weights are plain BF16: its quantization_config is a leftover
#@   help: remove that key from the config.json beside the weights; the job loads them either way
`,
  },
  {
    name: "mxfp4 that config.json says nothing of",
    config: { of: "gpt-oss-20b", with: unclaiming },
    files: { "model/model.safetensors": { tensors: blocks } },
    plan: `
model: { config: model/config.json, checkpoint: ./model, layout: mxfp4 }
cluster: { gpus_per_node: 4 }
parallelism: { ep_size: 1, fsdp_size: 4 }
#@ model/model.safetensors 1:[01:01) PLN2125 the weights are stored as mxfp4 (model.layers.0.mlp.experts.gate_up_proj_blocks), but config.json has no quantization_config
#@   help: take the config.json that was saved with these files
`,
  },
  {
    name: "packed by another method",
    config: { of: "toy", with: { quantization_config: { quant_method: "fp8" } } },
    files: {
      "model/model.safetensors": {
        toy: ["per_expert", "per_expert"],
        with: { "model.layers.0.self_attn.o_proj.absmax": ["F32", [2]] },
      },
    },
    plan: `
model: { config: model/config.json, checkpoint: ./model }
#@ model/config.json 38:[03:24) | «"quantization_config"»: { | PLN2125 the weights are stored as bitsandbytes (model.layers.0.self_attn.o_proj.absmax), but config.json claims fp8
#@   help: take the config.json that was saved with these files
#@ [49:56) PLN2126 the weights in ./model are stored as bitsandbytes (model.layers.0.self_attn.o_proj.absmax), which this stack cannot train
#@   help: dequantise them to bfloat16, drop quantization_config, and name that folder here
`,
  },
];
