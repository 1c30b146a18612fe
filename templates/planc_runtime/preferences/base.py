"""The reference of a model with adapters: the model itself without them, which is what training begins with."""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers import PreTrainedModel

from planc_runtime.adapters.base import without_adapters


class Base(nn.Module):
    """Calls a model without its adapters. It is no part of this module, which has no parameters."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.config = model.config
        self._model = (model,)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        (model,) = self._model
        with without_adapters(model):
            return model(*args, **kwargs)
