"""config.json of a trained model: found to be of the same model as the run, then changed to fit what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.parts.names import PARTS, text_of

CONFIG = "config.json"

# Keys of config.json for the number of experts, and for what weights of the same shapes may be computed with otherwise.
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
# Keys that describe a model of several parts as a whole.
WHOLE = ("model_type", "tie_word_embeddings")

SETTINGS = (
    "num_attention_heads",
    "num_key_value_heads",
    "num_experts_per_tok",
    "hidden_act",
    "rms_norm_eps",
    "rope_theta",
    "norm_topk_prob",
    "routed_scaling_factor",
    "n_group",
    "topk_group",
)


def read_config(path: Path, known: dict[str, Any], lock: dict[str, Any]) -> dict[str, Any]:
    """
    A config.json that may be the trained model's, of which `known` is what the run had in memory.

    Raises:
        UserError: it cannot be read, or says something else than the plan and the run.
    """
    try:
        content = path.read_bytes()
        config = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} is no JSON object")
    for key, value in [*_sizes(lock["model"]), *_settings(text_of(known))]:
        found = config.get(key) if key in WHOLE else _setting(text_of(config), key)
        if found is not None and value is not None and found != value:
            raise UserError(
                f"{path} is of another model: {key} is {json.dumps(found)}, the run's model has {json.dumps(value)}; name the"
                " folder that the run loaded its model from with --source"
            )
    return config


def own_config(known: dict[str, Any], lock: dict[str, Any]) -> dict[str, Any]:
    """The config.json that transformers would write for the run's model."""
    return {"architectures": [lock["model"]["architecture"]], **known}


def config_text(config: dict[str, Any], lock: dict[str, Any], layout: str, dtype: str) -> bytes:
    """config.json of the exported model: in its format, with the keys that readers of the layout need."""
    # Trained weights are plain numbers, whatever the run has read.
    config = {key: value for key, value in config.items() if key != "quantization_config"}
    names = [name for name in ("torch_dtype", "dtype") if name in config] or ["torch_dtype"]
    config |= dict.fromkeys(names, dtype)
    config = _with_text_dtype(config, dtype)
    needed = lock["export"]["layouts"][layout]["config"]
    config = {key: value for key, value in needed.items() if key not in config} | config
    return json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n"


def _with_text_dtype(config: dict[str, Any], dtype: str) -> dict[str, Any]:
    """With the format of the text model, where a config.json of several parts says it there."""
    for part in PARTS:
        if isinstance(config.get(part), dict):
            inner = _with_text_dtype(config[part], dtype)
            named = {name: dtype for name in ("torch_dtype", "dtype") if inner.get(name)}
            config = config | {part: inner | named}
    return config


def _sizes(model: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What the plan's own config.json said; another may say it in other words, of which these are the most."""
    yield "model_type", model["model_type"]
    # Not every family's embedding is known as one; a head has its shape.
    words = [tensor["shape"] for tensor in model["tensors"] if tensor["kind"] in ("embedding", "head")]
    if words:
        yield "vocab_size", words[0][0]
        yield "hidden_size", words[0][1]
    yield "num_hidden_layers", len({layer for tensor in model["tensors"] for layer in tensor["layers"] or []})
    yield from ((key, model["num_experts"]) for key in EXPERTS)
    if any("tied" in tensor for tensor in model["tensors"]):
        yield "tie_word_embeddings", True


def _settings(config: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What weights of one shape may be computed with differently, as the run has computed."""
    yield from ((key, _setting(config, key)) for key in SETTINGS)


def _setting(config: dict[str, Any], key: str) -> object:
    rope = config.get("rope_parameters")
    if key == "rope_theta" and isinstance(rope, dict):
        return rope.get(key)
    return config.get(key)
