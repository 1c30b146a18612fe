"""The reference model: what training begins with, frozen, whose log probabilities rewards are measured against."""

from __future__ import annotations

from typing import Any

import torch
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from planc_runtime.model import load_model
from planc_runtime.parts.parts import Parts


def load_reference(
    model: PreTrainedModel,
    checkpoint: str,
    *,
    revision: str | None,
    dtype: torch.dtype,
    attn_implementation: str | None = None,
    parts: Parts | None = None,
) -> PreTrainedModel:
    """
    Return the checkpoint once more, sharded as `model` is. It gets no gradients and no optimizer states.

    Args:
        model: what is trained, loaded by `load_model` of the same checkpoint.
        checkpoint: a folder or a Hub id.
        revision: commit of a Hub id; ignored for a folder.
        dtype: format of its parameters. The one that FSDP casts `model` to gives the same log probabilities and takes
            less.
        attn_implementation: as `load_model` takes it.
        parts: of a model of several parts.

    Raises:
        UserError: as `load_model`.
    """
    reference = load_model(
        checkpoint,
        revision=revision,
        dtype=dtype,
        distributed_config=getattr(model.config, "distributed_config", None),
        attn_implementation=attn_implementation,
        parts=parts,
    )
    reference.requires_grad_(False)
    if isinstance(reference, FSDPModule):
        reference.register_forward_hook(_let_go)
    return reference


def _let_go(reference: Any, *_: Any) -> None:
    """Shard again what FSDP keeps gathered for a backward pass, which the reference has none of, and forget the order of it."""
    if hasattr(reference, "reset_iter_state"):
        reference.reset_iter_state()
        return
    for module in reference.modules():
        if isinstance(module, FSDPModule):
            module.reshard()
