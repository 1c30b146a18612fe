"""Models of several parts: which class has which language model where, and small configs of their other parts."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from families.build import made
from families.notes import NOTES
from families.small import ABSENT, small

VISION = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "depth": 2,
    "num_heads": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "global_head_dim": 16,
    "intermediate_size": 24,
    "out_hidden_size": 48,
    "patch_size": 4,
    "image_size": 16,
    "num_position_embeddings": 16,
    "position_embedding_size": 64,
    "deepstack_visual_indexes": [0],
    "text_hidden_size": 48,
    "projection_hidden_dim": 44,
}

AUDIO = {
    "d_model": 32,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "output_dim": 48,
    "downsample_hidden_size": 8,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "text_hidden_size": 48,
}


INKLING_VISION = {
    "patch_size": 4,
    "temporal_patch_size": 2,
    "num_channels": 3,
    "hidden_size": 32,
    "num_hidden_layers": 6,
    "num_attention_heads": 2,
}

# The second of their two encoders reads what the first writes.
OCR_PARTS = {
    "vision_config": {
        "sam_config": {
            "hidden_size": 32,
            "output_channels": 20,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 8,
            "mlp_dim": 24,
            "downsample_channels": [28, 44],
            "global_attn_indexes": [1],
        },
        "encoder_config": {
            "hidden_size": 44,
            "intermediate_size": 36,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "image_size": 28,
            "patch_size": 14,
        },
    }
}


@dataclass(frozen=True)
class Composite:
    """`class_name` builds it from a config of `model_type`, whose language model, of type `text_type`, lies at `text_config`."""

    class_name: str
    text_type: str
    parts: dict[str, Any] = field(default_factory=dict)
    root: dict[str, Any] = field(default_factory=dict)
    # Of other parts in a toy, where what is read above has the class's own sizes.
    toy: dict[str, Any] = field(default_factory=dict)
    # Type of the config that the class builds from, and where it lies, if that is not the published one.
    built_from: str | None = None
    within: str | None = None


COMPOSITES: dict[str, Composite] = {
    "aria": Composite("AriaForConditionalGeneration", "aria_text", {"vision_config": {**VISION, "model_type": "idefics3_vision"}}),
    "deepseek_ocr2": Composite("DeepseekOcr2ForConditionalGeneration", "deepseek_ocr2_text", OCR_PARTS),
    "diffusion_gemma": Composite(
        "DiffusionGemmaForBlockDiffusion", "diffusion_gemma_text", {"vision_config": {**VISION, "model_type": "gemma4_vision"}}
    ),
    "dots3_note": Composite(
        "Dots3NoteForConditionalGeneration",
        "dots3_note_text",
        {
            "vision_config": {
                **VISION,
                "moe_intermediate_size": 20,
                "mlp_layer_types": ["dense", "dense"],
                "adapter_in_dim": 32,
                "adapter_out_dim": 48,
            },
            "audio_config": {**AUDIO, "adapter_input_size": 32, "adapter_out_dim": 48},
        },
    ),
    "ernie4_5_vl_moe": Composite("Ernie4_5_VLMoeForConditionalGeneration", "ernie4_5_vl_moe_text", {"vision_config": VISION}),
    "gemma4": Composite("Gemma4ForConditionalGeneration", "gemma4_text", {"vision_config": VISION, "audio_config": None}),
    "glm4v_moe": Composite("Glm4vMoeForConditionalGeneration", "glm4v_moe_text", {"vision_config": VISION}),
    "glm5_next": Composite("Glm5NextForConditionalGeneration", "glm5_next_text", {"vision_config": VISION}),
    "hy_v4_vl": Composite("HYV4VLForConditionalGeneration", "hy_v4_vl_text", {"vision_config": VISION}),
    "inkling2": Composite("Inkling2ForConditionalGeneration", "inkling2_text", {"vision_config": VISION}),
    "inkling2_loop": Composite(
        "Inkling2LoopForConditionalGeneration", "inkling2_loop_text", {"vision_config": {**VISION, "model_type": "inkling2_vision"}}
    ),
    # As many layers as its patches have factors, or more: their widths follow from both, by no formula.
    "inkling_mm_model": Composite(
        "InklingForConditionalGeneration",
        "inkling_text",
        toy={
            "vision_config": {**INKLING_VISION, "text_hidden_size": 48},
            "audio_config": {"n_mel_bins": 8, "mel_vocab_size": 16, "text_hidden_size": 48},
        },
    ),
    "kimi_k25": Composite("Kimi_K25ForConditionalGeneration", "deepseek_v3", {"vision_config": VISION}),
    "llama4": Composite("Llama4ForConditionalGeneration", "llama4_text", {"vision_config": VISION}),
    "minimax_m3_vl": Composite("MiniMaxM3SparseForConditionalGeneration", "minimax_m3_vl_text", {"vision_config": VISION}),
    "mistral3": Composite(
        "Mistral3ForConditionalGeneration", "mistral4", {"vision_config": {**VISION, "model_type": "pixtral"}}
    ),
    "mistral_large4": Composite(
        "MistralLarge4ForConditionalGeneration", "mistral_large4_text", {"vision_config": {**VISION, "model_type": "pixtral"}}
    ),
    "muse_spark": Composite(
        "MuseSparkForConditionalGeneration",
        "muse_spark_text",
        {
            "vision_config": {**VISION, "layer_types": ["window_attention", "full_attention"]},
            "audio_config": {"hidden_sizes": [8, 12, 16, 20], "out_hidden_size": 48},
        },
    ),
    "qwen3_5_moe": Composite("Qwen3_5MoeForConditionalGeneration", "qwen3_5_moe_text", {"vision_config": VISION}),
    "qwen3_omni_moe": Composite(
        "Qwen3OmniMoeThinkerForConditionalGeneration",
        "qwen3_omni_moe_text",
        {"vision_config": VISION, "audio_config": AUDIO},
        built_from="qwen3_omni_moe_thinker",
        within="thinker_config",
    ),
    "qwen3_vl_moe": Composite("Qwen3VLMoeForConditionalGeneration", "qwen3_vl_moe_text", {"vision_config": VISION}),
    "qwen4_exp": Composite("Qwen4ExpForConditionalGeneration", "qwen4_exp_text", {"vision_config": VISION}),
    "step3p7": Composite("Step3p7ForConditionalGeneration", "step3p5", {"vision_config": VISION}),
    "unlimited_ocr": Composite("UnlimitedOcrForConditionalGeneration", "unlimited_ocr_text", OCR_PARTS),
}


def small_composite(model_type: str) -> dict[str, Any]:
    """A small config.json of a model of several parts, as its class builds it: every part with keys of its own class alone."""
    composite = COMPOSITES[model_type]
    text = small(composite.text_type, NOTES.get(composite.text_type, {}).get("toy", {}))
    tied = {"tie_word_embeddings": text.get("tie_word_embeddings", False)}
    made_type = composite.built_from or model_type
    config = {"model_type": made_type, **tied, **composite.root, "text_config": text, **copy.deepcopy(composite.parts)}
    made_config = made(made_type, config)
    for key in getattr(type(made_config), "sub_configs", {}):
        part = getattr(made_config, key, None)
        if key == "text_config" or part is None:
            continue
        written = config.get(key) or {}
        own = {name: written[name] for name in written if name in (*type(part).__dataclass_fields__, "model_type")}
        config[key] = whole_numbers(part) | own
    return config


def whole_numbers(part: Any) -> dict[str, Any]:
    """The sizes that a part's class has by itself."""
    fields = type(part).__dataclass_fields__.items()
    return {name: field.default for name, field in fields if type(field.default) is int and name not in ABSENT}
