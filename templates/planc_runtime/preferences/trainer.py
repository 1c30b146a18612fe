"""TRL's trainer of preferences, which saves and resumes as any other run."""

from __future__ import annotations

from typing import Any

from torch import nn

from planc_runtime.checkpoint.trainer import RunTrainer
from planc_runtime.stack.trl import DPOTrainer


class PreferenceTrainer(RunTrainer, DPOTrainer):
    """
    Direct preference optimisation.

    Args:
        ref_model: what `load_reference` or `Base` returned.
        **kwargs: those of `RunTrainer`.
    """

    def __init__(self, *, ref_model: nn.Module, **kwargs: Any) -> None:
        own = ref_model.forward
        super().__init__(ref_model=ref_model, **kwargs)
        if not list(ref_model.parameters()):
            # The trainer gives a reference a head that makes no logits, which the model that is called has already.
            ref_model.forward = own
