"""The loss in pieces: logits of a whole batch would take more memory than the model."""

from __future__ import annotations

from typing import Any

import torch

# Tokens whose logits exist at a time.
CHUNK = 2048


class ChunkedLoss(torch.autograd.Function):
    """Mean cross-entropy of a linear head; the gradients are made beside it, so that no logits are kept."""

    @staticmethod
    def forward(ctx: Any, hidden_TD: torch.Tensor, weight_VD: torch.Tensor, labels_T: torch.Tensor) -> torch.Tensor:
        """`labels_T` is -100 where there is nothing to predict."""
        loss = torch.zeros((), device=hidden_TD.device)
        hidden_grad_TD = torch.empty_like(hidden_TD)
        weight_grad_VD = torch.zeros_like(weight_VD, dtype=torch.float32)
        count = (labels_T != -100).sum()
        for begin in range(0, hidden_TD.shape[0], CHUNK):
            rows = slice(begin, begin + CHUNK)
            hidden, labels = hidden_TD[rows], labels_T[rows]
            logits = (hidden @ weight_VD.T).float()
            sums = logits.logsumexp(-1, keepdim=True)
            place = labels.clamp(min=0).unsqueeze(-1)
            is_label = (labels != -100).unsqueeze(-1)
            loss += ((sums - logits.gather(-1, place)) * is_label).sum()
            grad = logits.sub_(sums).exp_()
            grad.scatter_add_(-1, place, grad.new_full(place.shape, -1.0))
            grad = grad.mul_(is_label / count).to(hidden.dtype)
            hidden_grad_TD[rows] = grad @ weight_VD
            weight_grad_VD += grad.T @ hidden
        ctx.save_for_backward(hidden_grad_TD, weight_grad_VD.to(weight_VD.dtype))
        return loss / count

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        hidden_grad_TD, weight_grad_VD = ctx.saved_tensors
        return hidden_grad_TD * grad.to(hidden_grad_TD.dtype), weight_grad_VD * grad.to(weight_grad_VD.dtype), None


class LossHead:
    """
    Makes the model's head return the loss in place of logits.

    It is the head's own forward, so that FSDP gathers the weight before and frees it after it.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self.labels_BS: torch.Tensor | None = None
        self.head = model.get_output_embeddings()
        self.head.forward = self.forward

    def forward(self, hidden_BSD: torch.Tensor) -> torch.Tensor:
        labels = torch.nn.functional.pad(self.labels_BS[:, 1:], (0, 1), value=-100)
        return ChunkedLoss.apply(hidden_BSD.flatten(0, 1), self.head.weight, labels.flatten())
