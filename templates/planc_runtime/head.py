"""The output head under FSDP, where the loss multiplies by its weight without calling it."""

from __future__ import annotations

from typing import Any

from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel


def gather_head(model: PreTrainedModel) -> None:
    """
    Have FSDP gather the head before the loss reads its weight.

    TRL's loss computes with the weight itself. Where that is still in pieces it puts them together in a way whose gradient
    is the rank's own, and not the mean over the ranks. Mostly the norm before the head gathers both; some models have no such
    norm, or one of another name, and a head that is a unit of its own.
    """
    head = model.get_output_embeddings()
    if not isinstance(head, FSDPModule):
        return

    def gather(*_: Any) -> None:
        if isinstance(head.weight, DTensor):
            head.unshard()

    model.get_decoder().register_forward_hook(gather)
