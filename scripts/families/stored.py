"""How families are published, where that is not one matrix an expert under the name that it has in memory."""

from __future__ import annotations

from typing import Any

PARTS = ("gate_proj", "up_proj", "down_proj")

# Type → how it is published; `module`: of the experts as published, where it is not the one in memory; `parts`: names of an
# expert's matrices; `stacks`: of the two stacks, with their module; `prefix`: what takes the place of "model." and of the head's
# name; `beside`: names among the experts that are none; `unread`: numbers of layers that transformers leaves out; `compared`: the name
# of every tensor was held against published checkpoints; `others`: further language models inside, whose experts are stored too.
STORED: dict[str, dict[str, Any]] = {
    **{name: {"compared": True} for name in ("deepseek_v2", "gpt_oss", "olmoe", "qwen2_moe", "qwen3_moe")},
    "deepseek_v3": {"unread": [61], "compared": True},
    "deepseek_v32": {"unread": [61]},
    "glm4_moe": {"unread": [46, 92], "compared": True},
    "glm_moe_dsa": {"unread": [78]},
    "glm4_moe_lite": {"unread": [47]},
    "exaone_moe": {"unread": [48]},
    "minimax_m2": {"module": "model.layers.{layer}.block_sparse_moe.experts", "parts": ("w1", "w3", "w2")},
    "mixtral": {
        "module": "model.layers.{layer}.block_sparse_moe.experts",
        "parts": ("w1", "w3", "w2"),
        "compared": True,
    },
    "minimax": {"module": "model.layers.{layer}.block_sparse_moe.experts", "parts": ("w1", "w3", "w2")},
    "phimoe": {"module": "model.layers.{layer}.block_sparse_moe.experts", "parts": ("w1", "w3", "w2")},
    "kimi_linear": {"module": "model.layers.{layer}.block_sparse_moe.experts", "parts": ("w1", "w3", "w2")},
    "deepseek_v4": {
        "module": "model.layers.{layer}.ffn.experts",
        "stacks": "model.layers.{layer}.ffn.experts",
        "parts": ("w1", "w3", "w2"),
    },
    "lfm2_moe": {"parts": ("w1", "w3", "w2")},
    "nemotron_h": {"module": "backbone.layers.{layer}.mixer.experts"},
    "gemma4_text": {"published": "gate_up"},
    **{name: {"published": "gate_up"} for name in ("hy_v4", "hy_v4_vl")},
    "mistral4": {"published": "gate_up"},
    "mistral3": {"published": "gate_up"},
    **{name: {"published": "gate_up"} for name in ("inkling_mm_model", "muse_spark")},
    "zaya": {"published": "gate_up"},
    "granitemoe_swa": {"published": "gate_up"},
    **{
        name: {
            "published": "gate_up",
            "module": "model.layers.{layer}.block_sparse_moe.experts",
            "gate_up": (
                "model.layers.{layer}.block_sparse_moe.input_linear.weight",
                "model.layers.{layer}.block_sparse_moe.output_linear.weight",
            ),
        }
        for name in ("granitemoe", "granitemoehybrid", "granitemoeshared")
    },
    "laguna": {"beside": ["e_score_correction_bias"]},
    "llama4_text": {"published": "gate_up_transposed"},
    "aria_text": {"published": "gate_up_transposed"},
    "qwen3_5_moe": {"published": "gate_up"},
    "qwen3_vl_moe": {"published": "gate_up_transposed"},
    # The second speaks what the first thinks; some checkpoints have the first alone.
    "qwen3_omni_moe": {
        "prefix": ("thinker.model.", "thinker.lm_head."),
        "others": [
            {
                "type": "qwen3_omni_moe_text",
                "config": ["talker_config", "text_config"],
                "stored": "talker.model.",
                "flag": "enable_audio_output",
            }
        ],
    },
    "gemma4": {"published": "gate_up"},
    **{name: {"prefix": ("model.", "lm_head.")} for name in ("deepseek_ocr2", "unlimited_ocr")},
    "mistral_large4": {
        "prefix": ("", "output."),
        "module": "layers.{layer}.experts",
        "stacks": "layers.{layer}.experts",
        "parts": ("w1", "w3", "w2"),
    },
    "kimi_k25": {"prefix": ("language_model.model.", "language_model.lm_head.")},
    "minimax_m3_vl": {
        "prefix": ("language_model.model.", "language_model.lm_head."),
        "module": "language_model.model.layers.{layer}.block_sparse_moe.experts",
        "parts": ("w1", "w3", "w2"),
    },
    "step3p7": {
        "prefix": ("model.", "lm_head."),
        "published": "fused",
        "fused": (
            "model.layers.{layer}.moe.gate_proj.weight",
            "model.layers.{layer}.moe.up_proj.weight",
            "model.layers.{layer}.moe.down_proj.weight",
        ),
    },
    "llama4": {"published": "gate_up_transposed"},
    "aria": {"published": "gate_up_transposed"},
}


def layouts_of(model_type: str, memory: str, stored: str, parts: list[str]) -> dict[str, Any]:
    """
    The layouts that a family's checkpoints come in or are converted to, and how each names the experts.

    Args:
        memory: the module of the experts in memory, with the layer open.
        stored: the same as checkpoints name it where nothing is written by hand.
        parts: last parts of the experts' parameters in memory.
    """
    by_hand = STORED.get(model_type, {})
    module = by_hand.get("module", stored)
    stacks = by_hand.get("stacks", module if module.split(".layers")[0] != memory.split(".layers")[0] else stored)
    gate, up, down = by_hand.get("parts", PARTS)
    biases = {part: [f"{stored}.{part}"] for part in parts if part.endswith("_bias")}
    if "gate_up_proj_bias" in parts or by_hand.get("published") == "gate_up_transposed":
        both = {part: [f"{stored}.{part}"] for part in parts}
        if model_type == "gpt_oss":
            blocks = {
                part: [f"{stored}.{part}_blocks", f"{stored}.{part}_scales"] for part in ("gate_up_proj", "down_proj")
            }
            return {"mxfp4": {**biases, **blocks}, "gate_up_interleaved": both}
        return {"gate_up_transposed": both}
    if "gate_up_proj" not in parts:
        return {
            "per_expert": {part: [f"{module}.{{expert}}.{part}.weight"] for part in ("up_proj", "down_proj")},
            "gate_up": {part: [f"{stacks}.{part}"] for part in ("up_proj", "down_proj")},
        }
    named = by_hand.get("gate_up", (f"{stacks}.gate_up_proj", f"{stacks}.down_proj"))
    apart = by_hand.get("fused", (f"{stacks}.gate_proj", f"{stacks}.up_proj", f"{stacks}.down_proj"))
    return {
        "per_expert": {
            "gate_up_proj": [f"{module}.{{expert}}.{gate}.weight", f"{module}.{{expert}}.{up}.weight"],
            "down_proj": [f"{module}.{{expert}}.{down}.weight"],
        },
        "fused": {"gate_up_proj": list(apart[:2]), "down_proj": [apart[2]]},
        "gate_up": {"gate_up_proj": [named[0]], "down_proj": [named[1]]},
    }


def published_as(model_type: str, layouts: dict[str, Any]) -> str:
    return STORED.get(model_type, {}).get("published", next(iter(layouts)))
