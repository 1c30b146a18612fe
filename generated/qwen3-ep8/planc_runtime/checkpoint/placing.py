"""Where the numbers that a rank holds of a tensor in memory go in a file: boxes of the one, runs of bytes of the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import torch

from planc_runtime.stack.saving import UntracedError, View


@dataclass(frozen=True)
class Window:
    """
    A view, dim by dim.

    Attributes:
        begin: the element of the whole tensor, one index a dim, that the view's first is.
        dims: for each dim of the view the dim of the whole that it walks along, None where it has one element alone.
        steps: by how many elements of that dim.
    """

    shape: tuple[int, ...]
    begin: tuple[int, ...]
    dims: tuple[int | None, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Box:
    """A part of a tensor: where it begins and its size, one number a dim."""

    begin: tuple[int, ...]
    size: tuple[int, ...]


def window_of(view: View, whole: Sequence[int]) -> Window:
    """
    Read strides as dims of a whole tensor of that shape.

    Raises:
        UntracedError: a dim of the view walks along several dims of the whole.
    """
    strides = [prod(whole[dim + 1 :]) for dim in range(len(whole))]
    begin, left = [], view.offset
    for stride in strides:
        begin.append(left // stride)
        left %= stride
    dims: list[int | None] = []
    steps = []
    for length, stride in zip(view.shape, view.strides, strict=True):
        dim = step = None
        for each, own in enumerate(strides):
            # Some dims have one element alone, and so the stride of the next.
            if length > 1 and stride and stride % own == 0 and each not in dims:
                step = stride // own
                if begin[each] + step * (length - 1) < whole[each]:
                    dim = each
                    break
        if length > 1 and dim is None:
            raise UntracedError(f"{view.parameter} is stored in another order than it has")
        dims.append(dim)
        steps.append(step if dim is not None else 0)
    return Window(view.shape, tuple(begin), tuple(dims), tuple(steps))


def share_of(window: Window, box: Box) -> Box | None:
    """Which part of the view lies in a box of the whole; None where none does."""
    for dim, (begin, size) in enumerate(zip(box.begin, box.size, strict=True)):
        if dim not in window.dims and not begin <= window.begin[dim] < begin + size:
            return None
    begins, sizes = [], []
    for length, dim, step in zip(window.shape, window.dims, window.steps, strict=True):
        first, last = 0, length
        if dim is not None:
            near = box.begin[dim] - window.begin[dim]
            first = max(0, -(-near // step))
            last = min(length, -(-(near + box.size[dim]) // step))
        if first >= last:
            return None
        begins.append(first)
        sizes.append(last - first)
    return Box(tuple(begins), tuple(sizes))


def taken(window: Window, box: Box, share: Box, values: torch.Tensor) -> torch.Tensor:
    """The numbers of that share, in the view's order, where `values` are those of the box."""
    firsts = [at - start for at, start in zip(window.begin, box.begin, strict=True)]
    indices = [slice(first, first + 1) for first in firsts]
    for dim, step, first, length in zip(window.dims, window.steps, share.begin, share.size, strict=True):
        if dim is not None:
            start = window.begin[dim] + step * first - box.begin[dim]
            indices[dim] = slice(start, start + step * (length - 1) + 1, step)
    part = values[tuple(indices)] if indices else values
    walked = [dim for dim in window.dims if dim is not None]
    others = [dim for dim in range(part.dim()) if dim not in walked]
    return part.permute(*walked, *others).reshape(share.size)


def runs_of(window: Window, share: Box) -> Iterator[tuple[int, int, int]]:
    """
    A share of a view as the view is stored, row by row.

    Yields:
        Where a run begins in the stored tensor, where in the share's own numbers, and how long it is; in elements.
    """
    # Dims behind the last that is cut are whole, and follow one another.
    cut = next((dim for dim in reversed(range(len(share.size))) if share.size[dim] != window.shape[dim]), 0)
    length = prod(share.size[cut:])
    strides = [prod(window.shape[dim + 1 :]) for dim in range(len(window.shape))]
    outer = [range(first, first + size) for first, size in zip(share.begin[:cut], share.size[:cut], strict=True)]
    base = share.begin[cut] * strides[cut] if strides else 0
    for number, indices in enumerate(itertools.product(*outer)):
        yield base + sum(map(int.__mul__, indices, strides[:cut])), number * length, length
