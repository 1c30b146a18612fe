"""Experts modules of transformers, small, by what differs between them."""

from types import SimpleNamespace

import torch
from torch import nn
from transformers import AriaTextConfig, GptOssConfig, MuseSparkTextConfig, NemotronHConfig, Qwen3MoeConfig
from transformers.models.aria.modeling_aria import AriaExperts
from transformers.models.beam.modeling_beam import BeamExperts
from transformers.models.deepseek_v4.modeling_deepseek_v4 import DeepseekV4Experts
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts
from transformers.models.minimax_m3_vl.modeling_minimax_m3_vl import MiniMaxM3VLExperts
from transformers.models.muse_spark.modeling_muse_spark import MuseSparkExperts
from transformers.models.nemotron_h.modeling_nemotron_h import NemotronHExperts
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeExperts


def make(case: dict, local: int) -> nn.Module:
    """The module named `case["module"]` with `local` experts."""
    experts, hidden, width = local, case["hidden"], case["width"]
    torch.manual_seed(0)
    match case["module"]:
        case "qwen3_moe":
            config = Qwen3MoeConfig(
                num_experts=experts, hidden_size=hidden, moe_intermediate_size=width, hidden_act="silu"
            )
            module = Qwen3MoeExperts(config)
        case "gpt_oss":
            module = GptOssExperts(GptOssConfig(num_local_experts=experts, hidden_size=hidden, intermediate_size=width))
        case "muse_spark_text":
            config = MuseSparkTextConfig(num_local_experts=experts, moe_hidden_size=hidden, moe_intermediate_size=width)
            module = MuseSparkExperts(config)
        case "nemotron_h":
            config = NemotronHConfig(n_routed_experts=experts, hidden_size=hidden, moe_intermediate_size=width)
            module = NemotronHExperts(config)
        case "aria_text":
            config = AriaTextConfig(
                moe_num_experts=experts, hidden_size=hidden, intermediate_size=width, num_attention_heads=4
            )
            module = AriaExperts(config)
        case "beam" | "deepseek_v4" | "minimax_m3_vl_text" as name:
            config = SimpleNamespace(
                num_experts=experts,
                num_local_experts=experts,
                hidden_size=hidden,
                intermediate_size=width,
                moe_intermediate_size=width,
                hidden_act="silu",
                swiglu_limit=2.0,
                swiglu_alpha=1.7,
            )
            classes = {"beam": BeamExperts, "deepseek_v4": DeepseekV4Experts, "minimax_m3_vl_text": MiniMaxM3VLExperts}
            module = classes[name](config)
        case name:
            raise ValueError(f"no experts module {name}")
    module.config._experts_implementation = case.get("implementation", "grouped_mm")
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return module
