"""What a tensor is, by its name."""

from __future__ import annotations

import re

RULES: list[tuple[str, str]] = [
    (r"(^|\.)(embed_tokens|embed_tokens_per_layer|word_embeddings)\.weight$", "embedding"),
    (r"^lm_head\.", "head"),
    (r"shared_expert|shared_mlp|share_expert", "shared_expert"),
    (r"\.experts\.((gate_up|gate|up|down)_proj(_bias)?|(fc1|fc2)\.weight)$", "expert"),
    (r"\.mlp\.(input_linear|output_linear)\.weight$", "expert"),
    (r"\.router\b|router_|e_score_correction|expert_bias|moe_statics|\.(mlp|feed_forward|mixer|block_sparse_moe)\.gate\.", "router"),
    (r"(norm|layernorm|ln_[a-z0-9]+)\d*\.(weight|bias)$|norm_[a-z]+\.weight$", "norm"),
    (r"self_attn|linear_attn|attention|\.attn\.|mamba|\.conv\.|\.mixer\.|sconv", "attention"),
    (r"\.(mlp|feed_forward)\.", "dense_mlp"),
]


def kind_of(name: str) -> str:
    for pattern, kind in RULES:
        if re.search(pattern, name):
            return kind
    return "other"
