"""
Permuting, summing and weighing rows of two stacked tensors. None of these is recorded by autograd: the caller's
backward is another of them (the transpose of `gather_rows` is `sum_rows` over the inverse index).

Shapes: P rows picked, N rows summed, S slots of a sum, A and B rows of the two sources, H the hidden size. Row r of the
sources is `first[r]` for r < A and `second[r - A]` from there on. An index out of range is not detected.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.choosing import is_compiled
from planc_runtime.kernels.precision import wide


@torch.no_grad()
def gather_rows(
    first: torch.Tensor,
    second: torch.Tensor | None,
    index: torch.Tensor,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    The rows `index` [P] (int32, none negative) of `first` [A, H] and `second` [B, H], as [P, H].

    Written into `out` [P, H] where given, which must not overlap the sources.
    """
    _check_sources(first, second, index, num_dims=1)
    if out is not None and (out.shape != (index.shape[0], first.shape[1]) or out.dtype != first.dtype):
        raise ValueError(
            f"out must be [{index.shape[0]}, {first.shape[1]}] of {first.dtype}, not {list(out.shape)} of {out.dtype}"
        )
    if out is not None and out.stride(1) != 1 and out.shape[1] > 1:
        raise ValueError(f"the numbers of a row of out must lie together in memory, not {out.stride(1)} apart")
    if is_compiled(first):
        from planc_runtime.kernels.compiled.gathering import gather_rows as make
    else:
        from planc_runtime.kernels.eager.gathering import gather_rows as make
    return make(first, second, index, out)


@torch.no_grad()
def sum_rows(
    first: torch.Tensor,
    second: torch.Tensor | None,
    index: torch.Tensor,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    [N, H] of `first.dtype`: row n is the sum over slots s of weights[n, s] times source row index[n, s].

    `index` [N, S] is int32; a slot of -1 adds nothing, whatever its weight. `weights` [N, S] is float32; without them
    every weight is 1. Sums are float32, in the order of the slots.
    """
    _check_sources(first, second, index, num_dims=2)
    if weights is not None and (weights.shape != index.shape or weights.dtype != wide(first.dtype)):
        raise ValueError(
            f"weights must be {list(index.shape)} of {wide(first.dtype)} like index, "
            f"not {list(weights.shape)} of {weights.dtype}"
        )
    if is_compiled(first):
        from planc_runtime.kernels.compiled.summing import sum_rows as make
    else:
        from planc_runtime.kernels.eager.summing import sum_rows as make
    return make(first, second, index, weights)


@torch.no_grad()
def dot_rows(first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    """
    [N, S] float32: the dot product of source row index[n, s] with `grad[n]` ([N, H]), 0 where the index is -1.

    This is the gradient of `sum_rows` for its weights.
    """
    _check_sources(first, second, index, num_dims=2)
    if grad.shape != (index.shape[0], first.shape[1]):
        raise ValueError(f"grad must be [{index.shape[0]}, {first.shape[1]}], not {list(grad.shape)}")
    if is_compiled(first):
        from planc_runtime.kernels.compiled.dotting import dot_rows as make
    else:
        from planc_runtime.kernels.eager.dotting import dot_rows as make
    return make(first, second, index, grad)


def _check_sources(first: torch.Tensor, second: torch.Tensor | None, index: torch.Tensor, *, num_dims: int) -> None:
    if first.dim() != 2:
        raise ValueError(f"rows must be [A, H], not {list(first.shape)}")
    if second is not None and (second.dtype != first.dtype or second.shape[1:] != first.shape[1:]):
        raise ValueError(
            f"both sources must have rows of {first.shape[1]} {first.dtype}; "
            f"the second is {list(second.shape)} of {second.dtype}"
        )
    if index.dtype != torch.int32 or index.dim() != num_dims:
        raise ValueError(f"index must be int32 with {num_dims} dims, not {index.dtype} with {index.dim()}")
