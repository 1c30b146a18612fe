"""
What cannot be read from a model on the meta device, by family: which lists of its config say what a layer holds, in formulas
over the config's keys for layer `i`, and the values of a small config that its class refuses or that would hide something.

A family that is not here needs nothing.
"""

from __future__ import annotations

from typing import Any

ROPED = {"no_rope_layers": "(i + 1) % no_rope_layer_interval != 0 ? 1 : 0"}
FIRST_DENSE = {"mlp_layer_types": "i < first_k_dense_replace ? 'dense' : 'sparse'"}
FREQUENT = {"mlp_layer_types": "i >= first_k_dense_replace && i % moe_layer_freq == 0 ? 'sparse' : 'dense'"}
ONE_DENSE = {"mlp_layer_types": "i == 0 ? 'dense' : 'sparse'"}
SPARSE_STEPS = {
    "mlp_layer_types": (
        "num_experts > 0 && !(i in mlp_only_layers) && (i + 1) % decoder_sparse_step == 0 ? 'sparse' : 'dense'"
    )
}
INDEXERS = {
    "indexer_types": (
        "has(index_topk_pattern) ? (index_topk_pattern[i] == 'F' || index_topk_pattern[i] == 'full' ? 'full' : 'shared')"
        " : max(i - index_skip_topk_offset + 1, 0) % max(index_topk_freq, 1) == 0 ? 'full' : 'shared'"
    )
}
HYBRID = {"layer_types": "(i + 1) % full_attention_interval ? 'linear_attention' : 'full_attention'"}

DENSE_THEN_SPARSE = ["dense", "dense", "sparse", "sparse", "sparse", "sparse"]
FULL_OR_SHARED = ["full", "shared", "full", "full", "shared", "full"]
LINEAR_OR_FULL = ["linear_attention", "full_attention"] * 3
SLIDING_OR_FULL = ["sliding_attention", "full_attention"] * 3
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 4}
GLOBAL_HEADS = {
    "global_head_dim": "override('head_dim', 512)",
    "num_global_key_value_heads": "override('num_key_value_heads', null)",
}
GEMMA = {
    "layer_types": SLIDING_OR_FULL,
    "global_head_dim": 24,
    "hidden_size_per_layer_input": 0,
    "tie_word_embeddings": True,
}

NOTES: dict[str, dict[str, Any]] = {
    "afmoe": {
        "lists": {
            "mlp_layer_types": "i < num_dense_layers ? 'dense' : 'sparse'",
            "layer_types": "(i + 1) % global_attn_every_n_layers ? 'sliding_attention' : 'full_attention'",
        },
        "defaults": {"global_attn_every_n_layers": 4},
    },
    "axk1": {"lists": FREQUENT, "defaults": {"first_k_dense_replace": 1, "moe_layer_freq": 1}, "toy": HEADS},
    "axk2": {"lists": FREQUENT, "defaults": {"first_k_dense_replace": 1, "moe_layer_freq": 1}, "toy": HEADS},
    "bailing_hybrid": {
        "lists": {
            **FIRST_DENSE,
            "layer_types": "(i + 1) % layer_group_size == 0 ? 'full_attention' : 'linear_attention'",
        },
        "toy": {**HEADS, "layer_types": LINEAR_OR_FULL, "q_lora_rank": None},
    },
    "beam": {
        "lists": {"mlp_layer_types": "i < 3 ? 'dense' : 'sparse'"},
        "toy": {"mlp_layer_types": DENSE_THEN_SPARSE},
    },
    "cohere2_moe": {
        "lists": {
            **FIRST_DENSE,
            "layer_types": (
                "(i < first_k_dense_replace ? (i + 1) % prefix_dense_sliding_window_pattern"
                " : (i - first_k_dense_replace + 1) % sliding_window_pattern) ? 'sliding_attention' : 'full_attention'"
            ),
        },
        "defaults": {
            "first_k_dense_replace": 0,
            "prefix_dense_sliding_window_pattern": 1,
            "sliding_window_pattern": 4,
        },
        "toy": {"mlp_layer_types": DENSE_THEN_SPARSE, "num_shared_experts": 2, "prefix_dense_intermediate_size": 44},
    },
    "deepseek_ocr2_text": {
        "lists": FIRST_DENSE,
        "toy": {"mlp_layer_types": DENSE_THEN_SPARSE, **HEADS, "num_experts_per_tok": 2},
    },
    "deepseek_v2": {"lists": FIRST_DENSE, "toy": {**HEADS, "first_k_dense_replace": 2}},
    "deepseek_v3": {"lists": FIRST_DENSE, "toy": {**HEADS, "first_k_dense_replace": 2}},
    "deepseek_v32": {"lists": FIRST_DENSE, "toy": {**HEADS, "first_k_dense_replace": 2}},
    "deepseek_v4": {
        "lists": {
            "mlp_layer_types": "i < num_hash_layers ? 'hash_moe' : 'moe'",
            "layer_types": (
                "has(compress_ratios) ? (compress_ratios[i] == 0 ? 'sliding_attention' : compress_ratios[i] == 4 ?"
                " 'compressed_sparse_attention' : 'heavily_compressed_attention')"
                " : i > 1 && i % 2 ? 'compressed_sparse_attention' : 'heavily_compressed_attention'"
            ),
        },
        "defaults": {"num_hash_layers": 3},
        "toy": {
            "layer_types": ["sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"] * 2,
            "mlp_layer_types": ["hash_moe", "hash_moe", "hash_moe", "moe", "moe", "moe"],
            "num_key_value_heads": 1,
            "o_groups": 2,
            "compress_rates": {"compressed_sparse_attention": 4, "heavily_compressed_attention": 8},
        },
    },
    "diffusion_gemma_text": {
        "lists": {"layer_types": "(i + 1) % 6 == 0 ? 'full_attention' : 'sliding_attention'"},
        "defaults": GLOBAL_HEADS,
        "toy": {**GEMMA, "num_global_key_value_heads": 1},
    },
    "dots1": {"lists": FIRST_DENSE, "toy": {**HEADS, "first_k_dense_replace": 2}},
    "dots3_note_text": {
        "lists": {
            "mlp_layer_types": (
                "i >= first_k_dense_replace && (is_list(moe_layer_freq) ? moe_layer_freq[i] != 0 : i % moe_layer_freq == 0)"
                " ? 'sparse' : 'dense'"
            ),
            "layer_types": "i < 2 || i % 4 == 1 ? 'indexed_attention' : 'sliding_attention'",
        },
        "defaults": {"first_k_dense_replace": 1, "moe_layer_freq": 1},
        "together": [["num_attention_heads", "num_key_value_heads"], ["swa_num_attention_heads", "swa_num_key_value_heads"]],
        "toy": {
            **HEADS,
            "layer_types": ["indexed_attention", "sliding_attention"] * 3,
            "swa_num_attention_heads": 2,
            "swa_num_key_value_heads": 2,
            "swa_q_lora_rank": 28,
            "swa_kv_lora_rank": 32,
            "swa_head_dim": 40,
            "swa_qk_nope_head_dim": 14,
            "swa_v_head_dim": 18,
        },
    },
    "ernie4_5_moe": {
        "lists": {
            "mlp_layer_types": (
                "(i + 1) % moe_layer_interval == 0 && i >= moe_layer_start_index && i <= (moe_layer_end_index == -1 ?"
                " num_hidden_layers - 1 : moe_layer_end_index) ? 'sparse' : 'dense'"
            )
        },
        "toy": {"moe_layer_start_index": 1, "moe_layer_end_index": 4},
    },
    "ernie4_5_vl_moe_text": {
        "lists": ONE_DENSE,
        "toy": {"moe_intermediate_size": [28, 20], "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [3, 3, 2]}},
    },
    "exaone_moe": {
        "lists": {
            **FIRST_DENSE,
            "layer_types": "(i + 1) % sliding_window_pattern ? 'sliding_attention' : 'full_attention'",
        },
        "defaults": {"sliding_window_pattern": 4},
        "toy": {"first_k_dense_replace": 2},
    },
    "flint": {"lists": SPARSE_STEPS, "defaults": {"mlp_only_layers": [0, 1]}},
    "gemma4_text": {
        "lists": {"layer_types": "(i + 1) % 6 == 0 || i == num_hidden_layers - 1 ? 'full_attention' : 'sliding_attention'"},
        "defaults": GLOBAL_HEADS,
        "toy": {**GEMMA, "enable_moe_block": True, "attention_k_eq_v": True, "num_global_key_value_heads": 1},
    },
    "glm4_moe": {"lists": FIRST_DENSE, "toy": {"first_k_dense_replace": 2}},
    "glm4_moe_lite": {"lists": ONE_DENSE, "toy": HEADS},
    "glm4v_moe_text": {
        "lists": FIRST_DENSE,
        "toy": {
            "first_k_dense_replace": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5, "mrope_section": [1, 1, 2]},
        },
    },
    "glm5_next_text": {
        "lists": {
            "mlp_layer_types": "i < 3 ? 'dense' : 'sparse'",
            "layer_types": "i % 4 == 3 ? 'indexed_attention' : 'linear_attention'",
            **INDEXERS,
        },
        "rename": {"layer_types": {"full_attention": "indexed_attention"}},
        "defaults": {"index_topk_freq": 1, "index_skip_topk_offset": 2},
        "toy": {
            **HEADS,
            "layer_types": ["linear_attention", "indexed_attention", "indexed_attention"] * 2,
            "indexer_types": ["full", "full", "full", "full", "full", "shared"],
            "mlp_layer_types": ["dense", "dense", "sparse", "sparse", "sparse", "sparse"],
            "qk_rope_head_dim": 0,
        },
    },
    "glm_moe_dsa": {
        "lists": {**FIRST_DENSE, **INDEXERS},
        "defaults": {"index_topk_freq": 1, "index_skip_topk_offset": 2},
        "toy": {**HEADS, "first_k_dense_replace": 2, "indexer_types": FULL_OR_SHARED},
    },
    "gpt_oss": {},
    "granitemoehybrid": {
        "lists": {"layer_types": "'linear_attention'"},
        "toy": {
            "layer_types": LINEAR_OR_FULL,
            "mamba_n_heads": 4,
            "mamba_d_head": "auto",
            "mamba_d_state": 10,
            "mamba_n_groups": 2,
        },
    },
    "hunyuan_v1_moe": {"toy": {"moe_topk": 2}},
    "hy_v3": {"lists": ONE_DENSE, "toy": {"num_shared_experts": 2}},
    "hy_v4": {
        "lists": {**ONE_DENSE, "indexer_types": "i == 0 || (i - 1) % 4 == 0 ? 'full' : 'shared'"},
        "toy": {**HEADS, "indexer_types": FULL_OR_SHARED},
    },
    "hy_v4_vl_text": {
        "lists": {**ONE_DENSE, "indexer_types": "i == 0 || (i - 1) % 4 == 0 ? 'full' : 'shared'"},
        "toy": {
            **HEADS,
            "indexer_types": FULL_OR_SHARED,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]},
        },
    },
    "inkling2_loop_text": {
        "measured": {"passes": ["one", "one", "many", "many", "one", "one"]},
        "lists": {
            "passes": "i >= loop_layer_index_start && i < loop_layer_index_end ? 'many' : 'one'",
            "layer_types": "(i + 1) % 6 == 0 ? 'hybrid' : 'hybrid_sliding'",
        },
        "toy": {
            "layer_types": ["hybrid_sliding", "hybrid"] * 3,
            "loop_layer_index_start": 2,
            "loop_layer_index_end": 4,
            "loop_gate_rank": 6,
            "n_layers_per_attn_res_block": 2,
            "swa_head_dim": 20,
            "swa_num_attention_heads": 2,
        },
    },
    "inkling2_text": {
        "lists": {"layer_types": "(i + 1) % 6 == 0 ? 'hybrid' : 'hybrid_sliding'"},
        "toy": {"layer_types": ["hybrid_sliding", "hybrid"] * 3, "n_layers_per_attn_res_block": 2, "swa_head_dim": 20},
    },
    "inkling_text": {
        "lists": {
            "layer_types": "(has(local_layer_ids) ? i in local_layer_ids : (i + 1) % 6 != 0) ? 'hybrid_sliding' : 'hybrid'",
            "mlp_layer_types": "i < dense_mlp_idx ? 'dense' : 'sparse'",
        },
        "defaults": {"dense_mlp_idx": 0},
        "toy": {
            "layer_types": ["hybrid_sliding", "hybrid"] * 3,
            "mlp_layer_types": DENSE_THEN_SPARSE,
            "swa_head_dim": 20,
            "n_shared_experts": 2,
        },
    },
    "jamba": {
        "lists": {
            "mlp_layer_types": "num_experts > 1 && i % expert_layer_period == expert_layer_offset ? 'sparse' : 'dense'",
            "layer_types": "i % attn_layer_period == attn_layer_offset ? 'full_attention' : 'linear_attention'",
        },
        "toy": {
            "attn_layer_period": 3,
            "attn_layer_offset": 1,
            "expert_layer_period": 2,
            "expert_layer_offset": 1,
            "mamba_d_state": 10,
            "mamba_dt_rank": 6,
            "use_mamba_kernels": False,
        },
    },
    "kimi_linear": {
        "lists": {
            **FIRST_DENSE,
            "layer_types": (
                "has(linear_attn_config.full_attn_layers) ? (i + 1 in linear_attn_config.full_attn_layers ?"
                " 'full_attention' : 'linear_attention') : i > 0 && i % 4 == 0 ? 'full_attention' : 'linear_attention'"
            ),
        },
        "defaults": {
            "first_k_dense_replace": 1,
            "linear_head_dim": "has(linear_attn_config.head_dim) ? linear_attn_config.head_dim : 128",
            "linear_num_heads": "has(linear_attn_config.num_heads) ? linear_attn_config.num_heads : 32",
            "linear_conv_kernel_dim": (
                "has(linear_attn_config.short_conv_kernel_size) ? linear_attn_config.short_conv_kernel_size : 4"
            ),
        },
        "toy": {**HEADS, "layer_types": LINEAR_OR_FULL},
    },
    "laguna": {
        "lists": ONE_DENSE,
        "each": ["num_attention_heads_per_layer"],
        "defaults": {"num_attention_heads_per_layer": "num_attention_heads"},
        "toy": {"num_attention_heads_per_layer": [4, 8, 4, 8, 4, 8], "num_key_value_heads": 2},
    },
    "lara_mini": {
        "lists": {
            "layer_types": (
                "i % 5 == 3 ? 'full_attention' : i % 5 == 1 || i % 5 == 4 ? 'sliding_attention' : 'linear_attention'"
            )
        },
        "toy": {"layer_types": ["linear_attention", "sliding_attention", "full_attention"] * 2, "tie_word_embeddings": True},
    },
    "lfm2_moe": {
        "lists": {"mlp_layer_types": "i < num_dense_layers ? 'dense' : 'sparse'"},
        "toy": {"layer_types": ["conv", "full_attention"] * 3, "num_dense_layers": 2, "tie_word_embeddings": True},
    },
    "llama4_text": {
        "lists": {
            **ROPED,
            "mlp_layer_types": (
                "(has(moe_layers) ? i in moe_layers : (i + 1) % interleave_moe_layer_step == 0) ? 'sparse' : 'dense'"
            )
        },
        "toy": {"moe_layers": [1, 3, 5], "num_experts_per_tok": 1, "layer_types": ["full_attention", "chunked_attention"] * 3},
    },
    "longcat_flash": {"toy": {**HEADS, "head_dim": 8}},
    "mellum": {"lists": {"mlp_layer_types": "'sparse'"}, "toy": {"mlp_layer_types": DENSE_THEN_SPARSE}},
    "mimo_v2_flash": {
        "lists": {**ONE_DENSE, "layer_types": "i == 0 || (i + 1) % 6 == 0 ? 'full_attention' : 'sliding_attention'"},
        "toy": {"layer_types": SLIDING_OR_FULL, "v_head_dim": 12},
    },
    "minimax": {
        "lists": {"layer_types": "(i + 1) % 2 ? 'full_attention' : 'linear_attention'"},
        "toy": {"block_size": 16},
    },
    "minimax_m3_vl_text": {
        "lists": {
            "mlp_layer_types": "has(moe_layer_freq) && !moe_layer_freq[i] ? 'dense' : 'sparse'",
            "layer_types": (
                "has(sparse_attention_config.sparse_attention_freq) && sparse_attention_config.sparse_attention_freq[i] ?"
                " 'minimax_m3_sparse' : 'full_attention'"
            ),
        },
        "defaults": {
            "index_n_heads": (
                "has(sparse_attention_config.sparse_num_index_heads) ? sparse_attention_config.sparse_num_index_heads : 4"
            ),
            "index_head_dim": (
                "has(sparse_attention_config.sparse_index_dim) ? sparse_attention_config.sparse_index_dim : 128"
            ),
        },
        "toy": {
            "mlp_layer_types": DENSE_THEN_SPARSE,
            "layer_types": ["full_attention", "minimax_m3_sparse"] * 3,
            "intermediate_size": 28,
            "rotary_dim": 8,
        },
    },
    "mistral4": {"lists": FIRST_DENSE, "toy": {**HEADS, "first_k_dense_replace": 2}},
    "mistral_large4_text": {
        "lists": {**FIRST_DENSE, **INDEXERS, **ROPED},
        "defaults": {"index_topk_freq": 1, "index_skip_topk_offset": 2, "no_rope_layer_interval": 4},
        "toy": {**HEADS, "first_k_dense_replace": 2, "indexer_types": FULL_OR_SHARED},
    },
    "muse_spark_text": {
        "lists": {
            "mlp_layer_types": "'sparse'",
            "layer_types": "(num_hidden_layers - 1 - i) % 4 == 0 ? 'full_attention' : 'sliding_attention'",
        },
        "toy": {"mlp_layer_types": DENSE_THEN_SPARSE},
    },
    "nemotron_h": {
        "lists": {
            "layer_types": (
                "hybrid_override_pattern[i] == 'M' ? 'linear_attention'"
                " : hybrid_override_pattern[i] == 'E' ? 'moe' : hybrid_override_pattern[i] == '*' ? 'full_attention' : 'mlp'"
            )
        },
        "defaults": {
            "num_hidden_layers": "has(layers_block_type) ? len(layers_block_type) : len(hybrid_override_pattern)",
            "n_groups": "has(mamba_n_groups) ? mamba_n_groups : 8",
            "conv_kernel": "has(mamba_d_conv) ? mamba_d_conv : 4",
            "expand": "has(mamba_expand) ? mamba_expand : 2",
            "use_conv_bias": "has(mamba_conv_bias) ? mamba_conv_bias : true",
        },
        "toy": {
            "layers_block_type": ["linear_attention", "moe", "full_attention", "mlp", "linear_attention", "moe"],
            "mamba_num_heads": 4,
            "mamba_head_dim": 12,
            "ssm_state_size": 10,
            "n_groups": 2,
            "use_mamba_kernels": False,
        },
    },
    # One norm over all heads is as wide as the model.
    "olmoe": {"toy": {"head_dim": 12}},
    "phimoe": {},
    "qwen2_moe": {"lists": SPARSE_STEPS, "toy": {"decoder_sparse_step": 1, "mlp_only_layers": [0]}},
    "qwen3_5_moe_text": {"lists": HYBRID, "defaults": {"full_attention_interval": 4}, "toy": {"layer_types": LINEAR_OR_FULL}},
    "qwen3_moe": {"lists": SPARSE_STEPS, "toy": {"decoder_sparse_step": 1, "mlp_only_layers": [0]}},
    "qwen3_next": {
        "lists": {**SPARSE_STEPS, **HYBRID},
        "defaults": {"full_attention_interval": 4},
        "toy": {"layer_types": LINEAR_OR_FULL, "mlp_only_layers": [0, 1]},
    },
    "qwen3_omni_moe_text": {
        # As the class of the model that speaks writes it, whose experts this record describes too.
        "aliases": {"num_experts": ["num_local_experts"]},
        "lists": SPARSE_STEPS,
        "toy": {"mlp_only_layers": [0], "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 2, 2]}},
    },
    "qwen3_omni_moe_talker_text": {"lists": SPARSE_STEPS, "toy": {"mlp_only_layers": [0]}},
    "qwen3_vl_moe_text": {
        "lists": SPARSE_STEPS,
        "toy": {"mlp_only_layers": [0], "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 2, 2]}},
    },
    "qwen4_exp_text": {
        "lists": {"layer_types": "(i + 1) % full_attention_interval ? 'linear_attention' : 'indexed_attention'"},
        "rename": {"layer_types": {"full_attention": "indexed_attention"}},
        "defaults": {"full_attention_interval": 4},
        "toy": {
            "layer_types": ["linear_attention", "indexed_attention"] * 3,
            "indexer_n_heads": 2,
            "indexer_kv_heads": 1,
            "indexer_head_dim": 24,
            "indexer_budget": 16,
            "indexer_compress_ratio": 4,
            "hc_count": 2,
            "hc_lowrank": 10,
        },
    },
    "sarvam_mla": {"lists": FIRST_DENSE, "toy": {**HEADS, "first_k_dense_replace": 2}},
    "sarvam_moe": {"lists": FIRST_DENSE, "toy": {"first_k_dense_replace": 2}},
    "step3p5": {
        "lists": {
            "mlp_layer_types": (
                "(has(moe_layers_enum) ? i in numbers(moe_layers_enum) : i >= 3) ? 'sparse' : 'dense'"
            ),
            "layer_types": "'full_attention'",
        },
        "defaults": {
            "num_sliding_attention_heads": (
                "has(attention_other_setting.num_attention_heads) ? attention_other_setting.num_attention_heads"
                " : num_attention_heads"
            )
        },
        "toy": {
            "layer_types": SLIDING_OR_FULL,
            "mlp_layer_types": DENSE_THEN_SPARSE,
            "num_sliding_attention_heads": 6,
            "sliding_window": 24,
        },
    },
    "unlimited_ocr_text": {
        "lists": FIRST_DENSE,
        "defaults": {"first_k_dense_replace": 1},
        "toy": {**HEADS, "mlp_layer_types": DENSE_THEN_SPARSE, "num_experts_per_tok": 2},
    },
    "zaya": {
        "lists": {"layer_types": "'hybrid'"},
        "toy": {"num_experts_per_tok": 1, "num_attention_heads": 4, "tie_word_embeddings": True},
    },
}
