/** Tiny configs of families that train, each with another shape of experts, router or stack around them. */
type Tree = Readonly<Record<string, unknown>>;

const base = {
  vocab_size: 97,
  hidden_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  intermediate_size: 40,
  moe_intermediate_size: 24,
  num_experts_per_tok: 3,
  max_position_embeddings: 64,
  // The stack trains tied embeddings wrongly over fsdp (PLN3035).
  tie_word_embeddings: false,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
};

const latent = {
  kv_lora_rank: 16,
  q_lora_rank: 20,
  qk_nope_head_dim: 12,
  qk_rope_head_dim: 4,
  v_head_dim: 10,
  num_key_value_heads: 4,
  head_dim: 4,
  first_k_dense_replace: 1,
};

const families: Readonly<Record<string, Tree>> = {
  qwen3_moe: { num_experts: 12 },
  // Experts with biases, transposed, their gate and up columns alternating and clamped.
  gpt_oss: { num_local_experts: 12 },
  mixtral: { num_local_experts: 12 },
  olmoe: { num_experts: 12, num_key_value_heads: 4, head_dim: 12 },
  qwen2_moe: { num_experts: 12, shared_expert_intermediate_size: 28 },
  deepseek_v2: { ...latent, n_routed_experts: 12, n_shared_experts: 2, n_group: 1, topk_group: 1 },
  deepseek_v3: { ...latent, n_routed_experts: 12, n_shared_experts: 1, n_group: 2, topk_group: 1 },
  glm4_moe: { n_routed_experts: 12, n_shared_experts: 1, first_k_dense_replace: 1 },
  // Experts without a gate, whose activation is a squared ReLU.
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
  granitemoe: { num_local_experts: 12, intermediate_size: 24 },
  // Transposed experts without biases.
  aria_text: { moe_num_experts: 12, intermediate_size: 24, moe_topk: 3, moe_num_shared_experts: 1 },
  minimax_m2: { num_local_experts: 12, intermediate_size: 24 },
  lfm2_moe: { num_experts: 12, num_dense_layers: 1, layer_types: ["conv", "full_attention"] },
  ernie4_5_moe: { moe_num_experts: 12, moe_k: 2, moe_layer_start_index: 1 },
};

export const parityFamilies = Object.keys(families);

export function parityConfig(model_type: string): Tree {
  return { model_type, ...base, ...families[model_type] };
}
