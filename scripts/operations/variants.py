"""The configs at which a family is recorded: its small one, with the flags and words of each published one, and with a window."""

from __future__ import annotations

import copy
import json
import pathlib
from dataclasses import replace
from typing import Any

from families.build import Path, made, read
from families.probe import Key
from families.record import NEVER_NULL
from families.small import SIZES
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

PUBLISHED = pathlib.Path(__file__).resolve().parent.parent.parent / "test" / "fixtures" / "configs"

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

# Layers with a window have that many times the key heads.
KEY_HEADS = {"mimo_v2_flash": 2}

# Numbers that layers are run as published with, as a condition then says: how often a loop runs, or a width a part of which is rounded.
FIXED = {"deepseek_v4": ("hc_sinkhorn_iters",), "mimo_v2_flash": ("head_dim",)}

# Rotary positions are cut into sections that must be half as wide as they are: these grow with the heads.
SECTIONS = {"glm4v_moe_text": ("rope_parameters", "mrope_section")}

# Values other than those of the small config, which shows no layer that published ones have.
INSTEAD = {"mimo_v2_flash": {"layer_types": ["full_attention", "sliding_attention"] * 3}}

# Settings beside those of published configs at which a family is recorded.
BESIDE: dict[str, list[dict[str, Any]]] = {"afmoe": [{"mup_enabled": True}], "mistral4": [{"v_head_dim": 20}]}

# Where values are as wide as queries, which is the sum of two keys, attention is another kernel.
VALUES, *QUERIES = ("v_head_dim", "qk_nope_head_dim", "qk_rope_head_dim")


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
    changes |= {key: resolved[key] for key in FIXED.get(model_type, ())}
    if is_one_width(resolved):
        changes[VALUES] = width_of_queries(changes)
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


def width_of_queries(config: dict[str, Any]) -> int | None:
    """None where it is one key's."""
    widths = [config.get(key) for key in QUERIES]
    return sum(widths) if all(type(width) is int for width in widths) else None


def is_one_width(config: dict[str, Any]) -> bool:
    return config.get(VALUES) is not None and config[VALUES] == width_of_queries(config)


def with_sections(keys: list[Key], config: dict[str, Any], at: Path) -> list[Key]:
    """The same keys, where sections of positions grow with the width of heads. `at`: where the config lies."""
    sections = SECTIONS.get(config["model_type"])
    if sections is None:
        return keys
    others = tuple((*at, *sections, place) for place in range(len(read(config, sections))))
    return [replace(key, others=(*key.others, *others)) if key.path == (*at, "head_dim") else key for key in keys]


def windows_of(config: dict[str, Any]) -> list[str]:
    return [key for key in WINDOWS if type(config.get(key)) is int]


def spread(config: dict[str, Any]) -> dict[str, Any]:
    """A small config with sizes that stay apart where one of them is doubled."""
    changes = copy.deepcopy(config) | INSTEAD.get(config["model_type"], {})
    for shared, heads in SHARED_HEADS:
        if type(config.get(heads)) is int and type(config.get(shared)) is int and config[heads] == 2 * config[shared]:
            changes[heads] = 2 * config[heads] * KEY_HEADS.get(config["model_type"], 1)
    width = config.get("hidden_size", 0)
    if config.get("num_attention_heads", 0) * config.get("head_dim", 0) == width:
        changes["head_dim"] = width // changes["num_attention_heads"]
    return changes


def relations_of(config: dict[str, Any]) -> list[str]:
    """Relations between sizes on which the program depends."""
    found = []
    for shared, heads in SHARED_HEADS:
        if type(config.get(heads)) is int and type(config.get(shared)) is int:
            most = KEY_HEADS.get(config["model_type"], 1)
            times = f"{most} * " if most > 1 else ""
            found.append(f"{times}{shared} {'==' if most * config[shared] == config[heads] else '<'} {heads}")
    if type(config.get("n_group")) is int:
        found.append("n_group > 1" if config["n_group"] > 1 else "n_group <= 1")
    if VALUES in config and width_of_queries(config) is not None:
        found.append(f"{VALUES} {'==' if is_one_width(config) else '!='} {' + '.join(QUERIES)}")
    elif VALUES in config and "head_dim" in config:
        found.append(f"{VALUES} {'==' if config[VALUES] == config['head_dim'] else '!='} head_dim")
    return found + [f"{key} == {config[key]}" for key in FIXED.get(config["model_type"], ())]


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
