"""
Permuting, summing and weighing rows of two stacked tensors. None of these is recorded by autograd: the caller's
backward is another of them (the transpose of `gather_rows` is `sum_rows` over the inverse index).

Shapes: X and Y rows of the two sources, P rows picked, N rows summed, K slots of a sum, H hidden size. Row r of the sources is
`first_XH[r]` for r < X and `second_YH[r - X]` from there on. An index out of range is not detected.
"""

from __future__ import annotations

import torch

from planc_runtime.kernels.backend import is_compiled
from planc_runtime.kernels.precision import wide


@torch.no_grad()
def gather_rows(
    first_XH: torch.Tensor,
    second_YH: torch.Tensor | None,
    index_P: torch.Tensor,
    *,
    out_PH: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    The rows `index_P` (int32, none negative) of both sources: [P, H].

    Written into `out_PH` where given, which must not overlap the sources.

    Raises:
        ValueError: a shape or dtype is none of these.
    """
    _check_sources(first_XH, second_YH, index_P, num_dims=1)
    wanted = (index_P.shape[0], first_XH.shape[1])
    if out_PH is not None and (out_PH.shape != wanted or out_PH.dtype != first_XH.dtype):
        raise ValueError(f"out must be {list(wanted)} of {first_XH.dtype}, not {list(out_PH.shape)} of {out_PH.dtype}")
    if out_PH is not None and out_PH.stride(1) != 1 and out_PH.shape[1] > 1:
        raise ValueError(f"the numbers of a row of out must lie together in memory, not {out_PH.stride(1)} apart")
    if is_compiled(first_XH):
        from planc_runtime.kernels.compiled.gathering import gather_rows as compute
    else:
        from planc_runtime.kernels.eager.gathering import gather_rows as compute
    return compute(first_XH, second_YH, index_P, out_PH)


@torch.no_grad()
def sum_rows(
    first_XH: torch.Tensor,
    second_YH: torch.Tensor | None,
    index_NK: torch.Tensor,
    weights_NK: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    [N, H] of `first_XH.dtype`: row n is the sum over slots k of weights_NK[n, k] times source row index_NK[n, k].

    `index_NK` is int32; a slot of -1 adds nothing, whatever its weight. `weights_NK` is float32; without them every weight
    is 1. Sums are float32, in the order of the slots.

    Raises:
        ValueError: a shape or dtype is none of these.
    """
    _check_sources(first_XH, second_YH, index_NK, num_dims=2)
    dtype = wide(first_XH.dtype)
    if weights_NK is not None and (weights_NK.shape != index_NK.shape or weights_NK.dtype != dtype):
        raise ValueError(
            f"weights must be {list(index_NK.shape)} of {dtype} like index, "
            f"not {list(weights_NK.shape)} of {weights_NK.dtype}"
        )
    if is_compiled(first_XH):
        from planc_runtime.kernels.compiled.summing import sum_rows as compute
    else:
        from planc_runtime.kernels.eager.summing import sum_rows as compute
    return compute(first_XH, second_YH, index_NK, weights_NK)


@torch.no_grad()
def dot_rows(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index_NK: torch.Tensor, grad_NH: torch.Tensor
) -> torch.Tensor:
    """
    [N, K] float32: the dot product of source row index_NK[n, k] with grad_NH[n], 0 where the index is -1.

    This is the gradient of `sum_rows` for its weights.

    Raises:
        ValueError: a shape or dtype is none of these.
    """
    _check_sources(first_XH, second_YH, index_NK, num_dims=2)
    wanted = (index_NK.shape[0], first_XH.shape[1])
    if grad_NH.shape != wanted:
        raise ValueError(f"grad must be {list(wanted)}, not {list(grad_NH.shape)}")
    if is_compiled(first_XH):
        from planc_runtime.kernels.compiled.dotting import dot_rows as compute
    else:
        from planc_runtime.kernels.eager.dotting import dot_rows as compute
    return compute(first_XH, second_YH, index_NK, grad_NH)


def _check_sources(
    first_XH: torch.Tensor, second_YH: torch.Tensor | None, index: torch.Tensor, *, num_dims: int
) -> None:
    if first_XH.dim() != 2:
        raise ValueError(f"rows must be [X, H], not {list(first_XH.shape)}")
    if second_YH is not None and (second_YH.dtype != first_XH.dtype or second_YH.shape[1:] != first_XH.shape[1:]):
        raise ValueError(
            f"both sources must have rows of {first_XH.shape[1]} {first_XH.dtype}; "
            f"the second is {list(second_YH.shape)} of {second_YH.dtype}"
        )
    if index.dtype != torch.int32 or index.dim() != num_dims:
        raise ValueError(f"index must be int32 with {num_dims} dims, not {index.dtype} with {index.dim()}")
