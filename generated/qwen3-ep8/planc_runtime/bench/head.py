"""The loss in pieces: logits of a whole batch would take more memory than the model."""

from __future__ import annotations

from typing import Any

import torch

# Tokens whose logits exist at a time.
CHUNK = 2048


class ChunkedLoss(torch.autograd.Function):
    """Mean cross-entropy of a linear head; the gradients are made beside it, so that no logits are kept."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """
        Of `hidden` [tokens, width], `weight` [vocabulary, width] and `labels` [tokens], which is -100 where there is
        nothing to predict.
        """
        loss = torch.zeros((), device=hidden.device)
        hidden_grad = torch.empty_like(hidden)
        weight_grad = torch.zeros_like(weight, dtype=torch.float32)
        count = (labels != -100).sum()
        for begin in range(0, hidden.shape[0], CHUNK):
            rows = slice(begin, begin + CHUNK)
            part, targets = hidden[rows], labels[rows].clamp(min=0).unsqueeze(-1)
            logits = (part @ weight.T).float()
            sums = logits.logsumexp(-1, keepdim=True)
            is_label = (labels[rows] != -100).unsqueeze(-1)
            loss += ((sums - logits.gather(-1, targets)) * is_label).sum()
            grad = logits.sub_(sums).exp_()
            grad.scatter_add_(-1, targets, grad.new_full(targets.shape, -1.0))
            grad = grad.mul_(is_label / count).to(part.dtype)
            hidden_grad[rows] = grad @ weight
            weight_grad += grad.T @ part
        ctx.save_for_backward(hidden_grad, weight_grad.to(weight.dtype))
        return loss / count

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        hidden_grad, weight_grad = ctx.saved_tensors
        return hidden_grad * grad.to(hidden_grad.dtype), weight_grad * grad.to(weight_grad.dtype), None


class LossHead:
    """
    Makes the model's head return the loss in place of logits.

    It is the head's own forward, so that FSDP gathers the weight before and frees it after it.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self.labels: torch.Tensor | None = None
        self.head = model.get_output_embeddings()
        self.head.forward = self.forward

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """The loss of `hidden` [batch, sequence, width], each token to predict the next."""
        labels = torch.nn.functional.pad(self.labels[:, 1:], (0, 1), value=-100)
        return ChunkedLoss.apply(hidden.flatten(0, 1), self.head.weight, labels.flatten())
