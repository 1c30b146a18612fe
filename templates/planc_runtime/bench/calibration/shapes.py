"""The shapes of a plan's products, from its lock. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Tokens of a micro-batch where the plan bounds none, and the most that are measured with.
TOKENS, MOST_TOKENS = 8192, 16_384


@dataclass(frozen=True)
class Shapes:
    """
    What is measured.

    Attributes:
        dense: (k, n) of matrices that every token is multiplied by, each once.
        grouped: (k, n) of one expert's.
        num_local_experts: on a rank.
        assignments: rows that a rank's experts compute.
        heads, head_dim: of attention; what queries, keys and values share.
    """

    tokens: int
    length: int
    dense: tuple[tuple[int, int], ...]
    grouped: tuple[tuple[int, int], ...]
    num_local_experts: int
    assignments: int
    heads: int
    head_dim: int


def shapes_of(lock: dict[str, Any], config: dict[str, Any], *, toy: bool) -> Shapes:
    """
    The shapes of a plan.

    Args:
        config: the model's config.json.
        toy: a few tokens, to test the programs.
    """
    plan, model = lock["plan"], lock["model"]
    text = config.get("text_config") or config
    length = plan["sft"].get("max_length") or 1024
    tokens = length * plan["sft"].get("per_device_train_batch_size", 8)
    length, tokens = (32, 64) if toy else (length, min(tokens, MOST_TOKENS))
    length = min(length, tokens)
    dense, grouped = {}, {}
    for tensor in model["tensors"]:
        shape = tensor["shape"]
        if tensor["kind"] == "expert" and len(shape) == 3:
            grouped[(shape[2], shape[1])] = None
        elif tensor["kind"] in ("attention", "dense_mlp", "shared_expert", "head") and len(shape) == 2:
            dense[(shape[1], shape[0])] = None
    heads = text["num_attention_heads"]
    head_dim = text.get("head_dim") or text["hidden_size"] // heads
    return Shapes(
        tokens=tokens,
        length=length,
        dense=tuple(dense),
        grouped=tuple(grouped),
        num_local_experts=model["num_experts"] // plan["parallelism"]["ep_size"],
        assignments=tokens * model["num_experts_per_tok"],
        heads=heads,
        head_dim=head_dim,
    )
