/** Small configs that switch every option which changes a name or a shape, all widths distinct, by family. */
type Tree = Readonly<Record<string, unknown>>;

const base = {
  vocab_size: 97,
  hidden_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  num_experts_per_tok: 2,
  max_position_embeddings: 64,
  intermediate_size: 40,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
};

const latent = { kv_lora_rank: 16, q_lora_rank: 20, qk_nope_head_dim: 12, qk_rope_head_dim: 4, v_head_dim: 10 };

const families: Readonly<Record<string, { readonly base: Tree; readonly changes: readonly Tree[] }>> = {
  qwen3_moe: {
    base: { num_experts: 12, moe_intermediate_size: 20, head_dim: 16 },
    changes: [
      { head_dim: undefined },
      { num_experts: undefined, num_local_experts: 12 },
      { attention_bias: true },
      { tie_word_embeddings: true },
      { decoder_sparse_step: 2 },
      { mlp_only_layers: [0, 2] },
      { decoder_sparse_step: 3, mlp_only_layers: [1], attention_bias: true },
    ],
  },
  qwen2_moe: {
    base: { num_experts: 12, moe_intermediate_size: 20, shared_expert_intermediate_size: 28 },
    changes: [{ qkv_bias: false }, { tie_word_embeddings: true }, { decoder_sparse_step: 2 }, { mlp_only_layers: [1] }],
  },
  mixtral: {
    base: { num_local_experts: 12 },
    changes: [
      { head_dim: 16 },
      { head_dim: null },
      { tie_word_embeddings: true },
      { num_local_experts: undefined, num_experts: 12 },
    ],
  },
  olmoe: {
    base: { num_experts: 12 },
    changes: [
      { num_key_value_heads: null },
      { num_key_value_heads: undefined },
      { attention_bias: true },
      { tie_word_embeddings: true },
    ],
  },
  deepseek_v2: {
    base: { ...latent, n_routed_experts: 12, n_shared_experts: 2, moe_intermediate_size: 20, first_k_dense_replace: 1 },
    changes: [
      { q_lora_rank: null },
      { attention_bias: true },
      { mlp_bias: true },
      { first_k_dense_replace: 0 },
      { num_key_value_heads: undefined },
      { tie_word_embeddings: true },
      { moe_layer_freq: 2 },
    ],
  },
  deepseek_v3: {
    base: {
      ...latent,
      n_routed_experts: 12,
      n_shared_experts: 1,
      moe_intermediate_size: 20,
      first_k_dense_replace: 1,
      n_group: 2,
      topk_group: 1,
    },
    changes: [
      { q_lora_rank: null },
      { attention_bias: true },
      { first_k_dense_replace: 2 },
      { n_shared_experts: 3 },
      { num_nextn_predict_layers: 1 },
      { tie_word_embeddings: true },
    ],
  },
  glm4_moe: {
    base: {
      head_dim: 16,
      n_routed_experts: 12,
      n_shared_experts: 1,
      moe_intermediate_size: 20,
      first_k_dense_replace: 1,
    },
    changes: [
      { head_dim: undefined },
      { attention_bias: true },
      { use_qk_norm: true },
      { n_shared_experts: 2 },
      { tie_word_embeddings: true },
    ],
  },
  gpt_oss: {
    base: { head_dim: 16, num_local_experts: 12 },
    changes: [{ attention_bias: false }, { tie_word_embeddings: true }],
  },
};

/** The plain small config of a family. */
export function smallConfig(model_type: string): Tree {
  return { model_type, ...base, ...families[model_type]?.base };
}

/** `[label, config]` of every variant. */
export const variants: readonly (readonly [string, Tree])[] = Object.entries(families).flatMap(([model_type, family]) =>
  [{}, ...family.changes].map((change): [string, Tree] => {
    const config = { model_type, ...base, ...family.base, ...change };
    const written = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
    return [`${model_type} ${JSON.stringify(change, (_, value) => (value === undefined ? "absent" : value))}`, written];
  }),
);
