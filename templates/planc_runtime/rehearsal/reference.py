"""The model that one process trains, without planc's loading: by the class that the model is of, and as it lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedModel

from planc_runtime.merge.adapter import WEIGHTS
from planc_runtime.parts.parts import Parts


def load_whole(folder: Path, parts: Parts | None, adapter: Path | None = None) -> PreTrainedModel:
    """The model in `folder`, in float32 and on this process alone; with an adapter as PEFT itself makes it."""
    return load_reported(folder, parts, adapter)[0]


def load_reported(
    folder: Path, parts: Parts | None, adapter: Path | None = None
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """With what the loader says of its names; of an adapter's, where there is one."""
    model_class = AutoModelForCausalLM if parts is None else parts.model_class()
    model, report = model_class.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    if parts is not None:
        parts.freeze(model)
    return (model, report) if adapter is None else with_adapter(model, adapter)


def with_adapter(model: PreTrainedModel, adapter: Path) -> tuple[Any, dict[str, Any]]:
    """Stock PEFT's model of an adapter, to be trained, and which names one side has and the other has not."""
    from peft import PeftModel, get_peft_model_state_dict

    adapted = PeftModel.from_pretrained(model, str(adapter), is_trainable=True)
    own, stored = get_peft_model_state_dict(adapted), load_file(adapter / WEIGHTS)
    return adapted, {
        "missing_keys": sorted(own.keys() - stored.keys()),
        "unexpected_keys": sorted(stored.keys() - own.keys()),
        "mismatched_keys": sorted(name for name in own.keys() & stored.keys() if own[name].shape != stored[name].shape),
    }
