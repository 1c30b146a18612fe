"""Small configs of every family: what is probed on the meta device, and what a rehearsal trains."""

from __future__ import annotations

import copy
from typing import Any

from transformers.models.auto.configuration_auto import CONFIG_MAPPING

# Sizes by the name of their key, pairwise different wherever a transposition could pass unseen (H, I, 2I, E, the shared and
# dense widths, the widths of heads), and such that rows of 16 bytes and up to eight ranks go into them.
SIZES: dict[str, Any] = {
    "vocab_size": 160,
    "hidden_size": 48,
    "intermediate_size": 40,
    "ffn_hidden_size": 40,
    "dense_intermediate_size": 40,
    "intermediate_size_mlp": 72,
    "moe_intermediate_size": 28,
    "expert_ffn_hidden_size": 28,
    "moe_hidden_size": 36,
    "shared_expert_intermediate_size": 36,
    "shared_experts_intermediate_size": 36,
    "moe_shared_expert_intermediate_size": 36,
    "shared_intermediate_size": 36,
    "share_expert_dim": 36,
    "num_attention_heads": 4,
    "swa_num_attention_heads": 4,
    "num_key_value_heads": 2,
    "swa_num_key_value_heads": 2,
    "head_dim": 16,
    "swa_head_dim": 20,
    "kv_channels": 16,
    "q_lora_rank": 20,
    "kv_lora_rank": 24,
    "o_lora_rank": 20,
    "qk_nope_head_dim": 12,
    "qk_rope_head_dim": 8,
    "v_head_dim": 16,
    "num_experts": 8,
    "num_local_experts": 8,
    "n_routed_experts": 8,
    "moe_num_experts": 8,
    "zero_expert_num": 4,
    "num_experts_per_tok": 2,
    "num_experts_per_token": 2,
    "moe_topk": 2,
    "moe_k": 2,
    "top_k_experts": 2,
    "n_shared_experts": 1,
    "num_shared_experts": 1,
    "moe_num_shared_experts": 2,
    "n_group": 1,
    "topk_group": 1,
    "num_expert_group": 1,
    "index_topk": 16,
    "index_head_dim": 16,
    "index_n_heads": 2,
    "index_block_size": 8,
    "index_topk_blocks": 2,
    "linear_key_head_dim": 12,
    "linear_value_head_dim": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_head_dim": 16,
    "linear_num_heads": 4,
    "sliding_window": 24,
    "sliding_window_size": 24,
    "max_position_embeddings": 512,
    "model_max_length": 512,
    "vocab_size_per_layer_input": 160,
    "unpadded_vocab_size": 152,
    "router_hidden_size": 20,
    "d_rel": 4,
    "rel_extent": 64,
    "hc_mult": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}

LAYERS = 6

# Whole numbers of every config, that no tensor depends on.
ABSENT = {"chunk_size_feed_forward"}


def small(model_type: str, by_hand: dict[str, Any]) -> dict[str, Any]:
    """
    A small config.json of a model without parts: sizes by the names of their keys, the class's own values for all other
    whole numbers, then what is written by hand.
    """
    config_class = CONFIG_MAPPING[model_type]
    known = config_class.__dataclass_fields__
    made = {"model_type": model_type}
    for key, field in known.items():
        if key in SIZES:
            made[key] = copy.deepcopy(SIZES[key])
        elif type(field.default) is int and key not in ABSENT:
            made[key] = field.default
    if "head_dim" not in known and "kv_lora_rank" not in known:
        made["head_dim"] = SIZES["head_dim"]
    made["num_layers" if "num_layers" in known else "num_hidden_layers"] = LAYERS
    return made | copy.deepcopy(by_hand)
