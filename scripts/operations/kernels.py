"""A GPU's kernels, as far as they allocate otherwise than plain torch: run on a CPU for what they allocate, not what they compute."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "templates"))

from planc_runtime.liger import apply_liger  # noqa: E402

# Liger's modules whose functions planc turns on: see templates/planc_runtime/liger.py.
LIGER_MODULES = ("rms_norm", "rope", "llama4_rope")


class _Launch:
    """Stands for a Triton kernel. A norm's output is its input, so that what follows has numbers to work with."""

    def __getitem__(self, grid: Any) -> Callable[..., None]:
        return self.run

    def run(self, *args: Any, **_: Any) -> None:
        return None


class _NormForward(_Launch):
    def run(self, *args: Any, **_: Any) -> None:
        y, _, x, *_ = args
        y.copy_(x)


def use_liger(model_type: str) -> bool:
    """
    Make models of this family that are made from now on use Liger's norms and rotary positions, their kernels left out.

    Returns:
        Whether Liger knows the family.
    """
    from liger_kernel.transformers.monkey_patch import MODEL_TYPE_TO_APPLY_LIGER_FN

    apply = MODEL_TYPE_TO_APPLY_LIGER_FN.get(model_type)
    if apply is None:
        return False
    for name in LIGER_MODULES:
        module = importlib.import_module(f"liger_kernel.ops.{name}")
        for kernel in [key for key in vars(module) if key.endswith("_kernel") or key.startswith("_triton_")]:
            setattr(module, kernel, _NormForward() if kernel.endswith("forward_kernel") else _Launch())
    apply_liger(apply)
    return True


class FlashAttention(torch.autograd.Function):
    """
    What `_scaled_dot_product_flash_attention` allocates and saves on CUDA.

    Its backward keeps the gradient of the queries in float32 until it is complete, and gradients of keys and values for every
    head of the queries where these are more (torch's flash_api.cpp, `mha_bwd`).
    """

    @staticmethod
    def forward(ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """
        Args:
            query: [rows, heads, length, head_dim]
            key, value: [rows, key heads, length, head_dim]
        """
        rows, heads, length, _ = query.shape
        out_BLNV = query.new_zeros(rows, length, heads, value.shape[-1])
        out = out_BLNV.transpose(1, 2)
        log_sum = query.new_empty(rows, heads, length, dtype=torch.float32)
        ctx.save_for_backward(query, key, value, out, log_sum)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, ...]:
        query, key, value, out, log_sum = ctx.saved_tensors
        rows, heads, length, width = query.shape
        if not gradient.transpose(1, 2).is_contiguous():
            gradient = gradient.transpose(1, 2).contiguous().transpose(1, 2)
        sums = torch.empty_like(log_sum)
        d_query = query.new_zeros(rows, length, heads, width)
        d_key = key.new_zeros(rows, length, key.shape[1], width)
        d_value = value.new_zeros(rows, length, key.shape[1], value.shape[-1])
        whole = query.new_empty(rows, length, heads, width, dtype=torch.float32)
        expanded = [query.new_empty(rows, length, heads, width) for _ in range(2 if heads > key.shape[1] else 0)]
        del sums, whole, expanded
        return d_query.transpose(1, 2), d_key.transpose(1, 2), d_value.transpose(1, 2)


class MaskedAttention(torch.autograd.Function):
    """What `_scaled_dot_product_efficient_attention` allocates and saves on CUDA: the mask as numbers, one square for all heads."""

    @staticmethod
    def forward(ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        rows, heads, length, _ = query.shape
        out = query.new_zeros(rows, length, heads, value.shape[-1]).transpose(1, 2)
        log_sum = query.new_empty(rows, heads, length, dtype=torch.float32)
        ctx.save_for_backward(query, key, value, bias, out, log_sum)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        query, key, value, _, out, log_sum = ctx.saved_tensors
        rows, heads, length, width = query.shape
        if not gradient.transpose(1, 2).is_contiguous():
            gradient = gradient.transpose(1, 2).contiguous().transpose(1, 2)
        d_query = query.new_zeros(rows, length, heads, width)
        d_key = key.new_zeros(rows, length, heads, width)
        d_value = value.new_zeros(rows, length, heads, value.shape[-1])
        sums = torch.empty_like(log_sum)
        whole = query.new_empty(rows, length, heads, width, dtype=torch.float32)
        del sums, whole
        return d_query.transpose(1, 2), d_key.transpose(1, 2), d_value.transpose(1, 2), None


def attention_of_a_gpu(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    """In place of `torch.nn.functional.scaled_dot_product_attention`."""
    if attn_mask is None:
        return FlashAttention.apply(query, key, value)
    bias = attn_mask
    if attn_mask.dtype == torch.bool:
        bias = torch.zeros(attn_mask.shape, dtype=query.dtype)
        bias.masked_fill_(attn_mask.logical_not(), float("-inf"))
    return MaskedAttention.apply(query, key, value, bias)


def use_gpu_attention() -> None:
    functional.scaled_dot_product_attention = attention_of_a_gpu


def use_plain_attention(plain: Callable[..., torch.Tensor] = functional.scaled_dot_product_attention) -> None:
    functional.scaled_dot_product_attention = plain
