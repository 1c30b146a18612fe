"""The loss as training computes it, by TRL's head: the same in every variant."""

from __future__ import annotations

from collections.abc import Callable

import torch
from transformers import PreTrainedModel

from planc_runtime.head import gather_head
from planc_runtime.stack.trl import add_fused_lm_head

# What TRL's trainer of supervised fine-tuning asks of the head.
OUTPUTS = ("log_probs", "entropy", "is_top1")


def loss_of(model: PreTrainedModel) -> Callable[[torch.Tensor], torch.Tensor]:
    """The mean loss of a batch of tokens [batch, sequence], each token to predict the next."""
    add_fused_lm_head(model, outputs=OUTPUTS)
    gather_head(model)
    return lambda tokens: model(input_ids=tokens, labels=tokens, fused_lm_head=True).loss
