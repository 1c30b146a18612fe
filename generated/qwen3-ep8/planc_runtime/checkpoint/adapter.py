"""The adapters of a run's model, where it has some: a run without them imports nothing of PEFT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from planc_runtime.adapters.attach import Attached


def attached_to(model: nn.Module) -> Attached | None:
    """What `planc_runtime.adapters.attach` returned for the model; None of one that is trained whole."""
    return getattr(model, "planc_adapters", None)


def gather(model: nn.Module, attached: Attached) -> dict[str, torch.Tensor]:
    """The adapter's whole tensors by PEFT's names, in host memory. Every rank calls this."""
    from planc_runtime.adapters import saving

    return saving.gather(model, attached)


def write(model: nn.Module, attached: Attached, tensors: dict[str, torch.Tensor], output: Path) -> None:
    """Write the adapter in PEFT's format."""
    from planc_runtime.adapters import saving

    saving.write(output, attached, tensors, base=model.name_or_path)
