import type { LayoutName } from "../../src/plan/types.ts";

/** Small configs of the families that planc converts but does not train: all widths distinct, more than ten experts. */
type Tree = Readonly<Record<string, unknown>>;

const base = {
  vocab_size: 97,
  hidden_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 8,
  intermediate_size: 40,
  moe_intermediate_size: 20,
  num_experts_per_tok: 2,
  max_position_embeddings: 64,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
};

const vision = {
  hidden_size: 32,
  num_hidden_layers: 1,
  depth: 1,
  num_heads: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  out_hidden_size: 48,
  patch_size: 4,
  image_size: 16,
};

const latent = {
  kv_lora_rank: 16,
  q_lora_rank: 20,
  qk_nope_head_dim: 12,
  qk_rope_head_dim: 4,
  v_head_dim: 10,
  num_key_value_heads: 6,
};

const families: Readonly<Record<string, Tree>> = {
  afmoe: { num_experts: 12, num_dense_layers: 1 },
  axk1: { ...latent, n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1 },
  axk2: { ...latent, n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1 },
  deepseek_v4: {
    n_routed_experts: 12,
    n_shared_experts: 1,
    q_lora_rank: 20,
    o_lora_rank: 12,
    o_groups: 2,
    intermediate_size: undefined,
  },
  glm4v_moe: {
    text_config: { ...base, n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1 },
    vision_config: vision,
  },
  glm5_next: {
    text_config: {
      ...base,
      ...latent,
      n_routed_experts: 12,
      mlp_layer_types: ["dense", "sparse", "sparse"],
      n_shared_experts: 1,
      qk_rope_head_dim: 0,
      qk_nope_head_dim: 16,
      index_n_heads: 2,
      index_head_dim: 8,
      index_topk: 4,
      index_kpool: 2,
      linear_num_heads: 2,
      linear_head_dim: 8,
    },
    vision_config: vision,
  },
  kimi_k2: {
    ...latent,
    head_dim: 4,
    n_routed_experts: 12,
    first_k_dense_replace: 1,
    n_shared_experts: 1,
    n_group: 2,
    topk_group: 1,
  },
  kimi_k25: {
    text_config: {
      model_type: "deepseek_v3",
      ...base,
      ...latent,
      head_dim: 4,
      n_routed_experts: 12,
      first_k_dense_replace: 1,
      n_shared_experts: 1,
      n_group: 2,
      topk_group: 1,
    },
    vision_config: vision,
  },
  longcat_flash: {
    ...latent,
    head_dim: 4,
    n_routed_experts: 12,
    zero_expert_num: 3,
    expert_ffn_hidden_size: 20,
    ffn_hidden_size: 40,
    num_layers: 2,
    num_hidden_layers: undefined,
    moe_topk: 2,
  },
  minimax_m3_vl: {
    text_config: {
      ...base,
      num_local_experts: 12,
      intermediate_size: 20,
      dense_intermediate_size: 40,
      shared_intermediate_size: 28,
      mlp_layer_types: ["dense", "sparse", "sparse"],
    },
    vision_config: vision,
    projector_hidden_size: 36,
  },
  mistral4: { ...latent, n_routed_experts: 12, n_shared_experts: 1, first_k_dense_replace: 1 },
  qwen3_5_moe: {
    text_config: {
      ...base,
      num_experts: 12,
      shared_expert_intermediate_size: 28,
      linear_num_value_heads: 4,
      linear_num_key_heads: 2,
      linear_key_head_dim: 8,
      linear_value_head_dim: 8,
      num_hidden_layers: 4,
    },
    vision_config: vision,
  },
  qwen3_omni_moe: {
    thinker_config: {
      text_config: { ...base, num_experts: 12 },
      vision_config: vision,
      audio_config: {
        d_model: 32,
        encoder_layers: 1,
        encoder_attention_heads: 2,
        encoder_ffn_dim: 24,
        output_dim: 48,
        downsample_hidden_size: 8,
      },
    },
    talker_config: {
      thinker_hidden_size: 48,
      spatial_merge_size: 2,
      text_config: {
        ...base,
        num_experts: 14,
        hidden_size: 32,
        moe_intermediate_size: 12,
        shared_expert_intermediate_size: 28,
        num_hidden_layers: 2,
      },
      code_predictor_config: { ...base, hidden_size: 32, num_hidden_layers: 1, num_code_groups: 2 },
      num_code_groups: 2,
    },
    code2wav_config: {
      hidden_size: 32,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 2,
      intermediate_size: 24,
      codebook_size: 16,
      num_quantizers: 2,
      decoder_dim: 32,
    },
    enable_audio_output: true,
  },
  qwen4_exp: {
    text_config: {
      ...base,
      num_experts: 12,
      shared_expert_intermediate_size: 28,
      linear_num_value_heads: 4,
      linear_num_key_heads: 2,
      linear_key_head_dim: 8,
      linear_value_head_dim: 8,
      num_hidden_layers: 4,
      indexer_budget: 4,
      indexer_compress_ratio: 2,
      indexer_n_heads: 2,
      indexer_kv_heads: 1,
      indexer_head_dim: 8,
      hc_lowrank: 12,
    },
    vision_config: vision,
  },
  step3p7: {
    text_config: {
      ...base,
      n_routed_experts: 12,
      mlp_layer_types: ["dense", "sparse", "sparse"],
      share_expert_dim: 28,
      num_sliding_attention_heads: 6,
    },
    vision_config: vision,
  },
  zaya: { num_experts: 12, num_experts_per_tok: 1, router_hidden_size: 16 },
  cohere2_moe: { num_experts: 12, intermediate_size: 20 },
  deepseek_v32: {
    ...latent,
    n_routed_experts: 12,
    first_k_dense_replace: 1,
    n_shared_experts: 1,
    n_group: 2,
    topk_group: 1,
    index_n_heads: 2,
    index_head_dim: 8,
    index_topk: 4,
  },
  dots1: { n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1 },
  ernie4_5_moe: { moe_num_experts: 12, moe_k: 2, moe_layer_start_index: 1 },
  exaone_moe: { num_experts: 12, first_k_dense_replace: 1, num_shared_experts: 1 },
  flex_olmo: { num_experts: 12, intermediate_size: 20 },
  gemma4_text: { num_experts: 12, enable_moe_block: true, top_k_experts: 2 },
  glm4_moe_lite: { ...latent, n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1 },
  glm_moe_dsa: {
    ...latent,
    n_routed_experts: 12,
    first_k_dense_replace: 1,
    n_shared_experts: 1,
    index_n_heads: 2,
    index_head_dim: 8,
    index_topk: 4,
  },
  granitemoe: { num_local_experts: 12, intermediate_size: 20 },
  granitemoe_swa: { num_local_experts: 12, intermediate_size: 20 },
  granitemoehybrid: {
    num_local_experts: 12,
    intermediate_size: 20,
    shared_intermediate_size: 28,
    layer_types: ["attention", "attention", "attention"],
    mamba_n_heads: 4,
    mamba_d_head: 24,
  },
  granitemoeshared: { num_local_experts: 12, intermediate_size: 20, shared_intermediate_size: 28 },
  hunyuan_v1_moe: { num_experts: 12, intermediate_size: 20, moe_topk: [2, 2, 2] },
  hy_v3: { num_experts: 12, first_k_dense_replace: 1 },
  hy_v4: { n_routed_experts: 12, num_experts: 12 },
  jamba: {
    num_experts: 12,
    intermediate_size: 20,
    expert_layer_period: 2,
    expert_layer_offset: 1,
    attn_layer_period: 2,
    attn_layer_offset: 0,
    mamba_d_state: 4,
    mamba_expand: 1,
    use_mamba_kernels: false,
  },
  kimi_linear: { ...latent, num_experts: 12, first_k_dense_replace: 1 },
  laguna: { num_experts: 12 },
  lfm2_moe: { num_experts: 12, num_dense_layers: 1, layer_types: ["conv", "full_attention", "conv"] },
  mellum: { num_experts: 12, num_local_experts: 12 },
  mimo_v2_flash: { n_routed_experts: 12 },
  minimax: { num_local_experts: 12, intermediate_size: 20 },
  minimax_m2: { num_local_experts: 12, intermediate_size: 20 },
  nemotron_h: {
    n_routed_experts: 12,
    moe_shared_expert_intermediate_size: 28,
    layers_block_type: ["moe", "attention", "moe"],
    mamba_num_heads: 4,
    mamba_head_dim: 8,
    n_groups: 1,
    n_group: 1,
    topk_group: 1,
    num_hidden_layers: 3,
  },
  phimoe: { num_local_experts: 12, intermediate_size: 20 },
  qwen3_5_moe_text: {
    num_experts: 12,
    shared_expert_intermediate_size: 28,
    linear_num_value_heads: 4,
    linear_num_key_heads: 2,
    linear_key_head_dim: 8,
    linear_value_head_dim: 8,
    num_hidden_layers: 4,
  },
  qwen3_next: {
    num_experts: 12,
    shared_expert_intermediate_size: 28,
    linear_num_value_heads: 4,
    linear_num_key_heads: 2,
    linear_key_head_dim: 8,
    linear_value_head_dim: 8,
    num_hidden_layers: 4,
  },
  solar_open: { n_routed_experts: 12, first_k_dense_replace: 1, n_shared_experts: 1 },
};

/** What is particular about how transformers saves a family. */
interface Saving {
  readonly architecture?: string;
  /** The layout that transformers saves, where another is published. */
  readonly saved?: LayoutName;
  readonly built_as?: string;
  readonly renamed?: readonly [pattern: string, replacement: string];
  /** In front of the number of a layer. */
  readonly layers?: string;
}

const language = "model.language_model.layers";

export const saving: Readonly<Record<string, Saving>> = {
  glm4v_moe: { architecture: "Glm4vMoeForConditionalGeneration", layers: language },
  glm5_next: { architecture: "Glm5NextForConditionalGeneration", layers: language },
  kimi_k2: { built_as: "deepseek_v3" },
  kimi_k25: {
    architecture: "Kimi_K25ForConditionalGeneration",
    renamed: ["^language_model\\.model\\.blocks\\.", "language_model.model.layers."],
    layers: "language_model.model.layers",
  },
  minimax_m3_vl: {
    architecture: "MiniMaxM3SparseForConditionalGeneration",
    layers: "language_model.model.layers",
  },
  mistral4: { architecture: "Mistral4ForCausalLM" },
  qwen3_5_moe: { architecture: "Qwen3_5MoeForConditionalGeneration", saved: "per_expert", layers: language },
  qwen3_omni_moe: { architecture: "Qwen3OmniMoeForConditionalGeneration", layers: "thinker.model.layers" },
  qwen4_exp: { architecture: "Qwen4ExpForConditionalGeneration", layers: language },
  step3p7: { architecture: "Step3p7ForConditionalGeneration" },
};

/** `[model_type, config]`, in which transformers itself builds a model. */
export const tinyConfigs: readonly (readonly [string, Tree])[] = Object.entries(families).map(([model_type, own]) => [
  model_type,
  { model_type, ...("text_config" in own || "thinker_config" in own ? {} : base), ...own },
]);
