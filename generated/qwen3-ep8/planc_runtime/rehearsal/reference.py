"""The model that one process trains, without planc's loading: by the class that the model is of, and as it lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from planc_runtime.parts.parts import Parts


def load_whole(folder: Path, parts: Parts | None) -> PreTrainedModel:
    """The model in `folder`, in float32 and on this process alone."""
    return load_reported(folder, parts)[0]


def load_reported(folder: Path, parts: Parts | None) -> tuple[PreTrainedModel, dict[str, Any]]:
    """With what the loader says of its names."""
    model_class = AutoModelForCausalLM if parts is None else parts.model_class()
    model, report = model_class.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    if parts is not None:
        parts.freeze(model)
    return model, report
