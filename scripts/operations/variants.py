"""The configs at which a family is recorded: its small one, with the flags and words of each published one, and with a window."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from families.build import made
from families.record import NEVER_NULL
from families.small import SIZES
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

PUBLISHED = Path(__file__).resolve().parent.parent.parent / "test" / "fixtures" / "configs"

# Words that say nothing about how a layer computes.
NO_WORDS = {"model_type", "torch_dtype", "dtype", "transformers_version", "_name_or_path", "hybrid_override_pattern", "attn_implementation"}
NO_FLAGS = {"use_cache", "tie_word_embeddings", "output_router_logits", "is_encoder_decoder", "return_dict"}
WINDOWS = ("sliding_window", "sliding_window_size")

# More tokens than any row here has.
NEVER = 4096

# Heads that read others: four to one, so that doubling either leaves more of one than of the other.
SHARED_HEADS = [
    ("num_key_value_heads", "num_attention_heads"),
    ("swa_num_key_value_heads", "swa_num_attention_heads"),
    ("linear_num_key_heads", "linear_num_value_heads"),
]


def published_of(model_type: str) -> list[tuple[str, dict[str, Any]]]:
    """Published configs of a language model, alone or inside a whole."""
    found = []
    for file in sorted(PUBLISHED.glob("*.json")):
        config = json.loads(file.read_text())
        for part in (config, config.get("text_config"), (config.get("thinker_config") or {}).get("text_config")):
            if isinstance(part, dict) and (part.get("model_type") or "") == model_type:
                found.append((file.stem, part))
                break
    return found


def like(config: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    """A small config with the flags, words and numbers of a published one that are no sizes."""
    model_type = config["model_type"]
    fields = CONFIG_MAPPING[model_type].__dataclass_fields__
    resolved = made(model_type, published).to_dict()
    small = made(model_type, config).to_dict()
    changes = copy.deepcopy(config)
    for key in fields:
        if key in NO_WORDS or key in NO_FLAGS or key not in resolved:
            continue
        value, own = resolved[key], small.get(key)
        if isinstance(value, (bool, str, float)) and type(own) is not int and value != own:
            changes[key] = value
        elif value is None and type(own) is int and key not in NEVER_NULL:
            changes[key] = None
        elif own is None and type(value) is int and key in SIZES:
            changes[key] = SIZES[key]
    for shared, heads in SHARED_HEADS:
        if type(small.get(heads)) is int and resolved.get(shared) == resolved.get(heads):
            changes[shared] = changes[heads]
    if (resolved.get("n_group") or 1) > 1:
        # Two experts are the fewest that a group may have, also where there are twice as many groups.
        count = next(key for key in ("n_routed_experts", "num_experts", "num_local_experts") if type(small.get(key)) is int)
        changes |= {"n_group": 4, "topk_group": 2, count: 16}
    rope, own_rope = resolved.get("rope_parameters"), small.get("rope_parameters")
    if isinstance(rope, dict) and isinstance(own_rope, dict) and "partial_rotary_factor" in rope:
        changes["rope_parameters"] = own_rope | {"partial_rotary_factor": rope["partial_rotary_factor"]}
    return changes


def windows_of(config: dict[str, Any]) -> list[str]:
    return [key for key in WINDOWS if type(config.get(key)) is int]


def spread(config: dict[str, Any]) -> dict[str, Any]:
    """A small config with sizes that stay apart where one of them is doubled."""
    changes = copy.deepcopy(config)
    for shared, heads in SHARED_HEADS:
        if type(config.get(heads)) is int and type(config.get(shared)) is int and config[heads] == 2 * config[shared]:
            changes[heads] = 2 * config[heads]
    width = config.get("hidden_size", 0)
    if config.get("num_attention_heads", 0) * config.get("head_dim", 0) == width:
        changes["head_dim"] = width // changes["num_attention_heads"]
    return changes


def relations_of(config: dict[str, Any]) -> list[str]:
    """Relations between sizes on which the program depends."""
    found = []
    for shared, heads in SHARED_HEADS:
        if type(config.get(heads)) is int and type(config.get(shared)) is int:
            found.append(f"{shared} {'==' if config[shared] == config[heads] else '<'} {heads}")
    if type(config.get("n_group")) is int:
        found.append("n_group > 1" if config["n_group"] > 1 else "n_group <= 1")
    return found


def tied_sizes(config: dict[str, Any]) -> list[list[str]]:
    """Keys that are doubled together, where the class builds nothing else: each list's first with the others."""
    found = [
        [heads, shared]
        for shared, heads in SHARED_HEADS
        if type(config.get(heads)) is int and config.get(heads) == config.get(shared)
    ]
    if config.get("num_attention_heads", 0) * config.get("head_dim", 0) == config.get("hidden_size"):
        heads = next((names for names in found if names[0] == "num_attention_heads"), None)
        if heads is None:
            found.append(heads := ["num_attention_heads"])
        heads.append("hidden_size")
        found.append(["head_dim", "hidden_size"])
    return found
