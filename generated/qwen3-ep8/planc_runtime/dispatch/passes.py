"""Whether a layer is computed for the first time or again in the backward pass, and the sizes of its first pass."""

from __future__ import annotations

import torch

from planc_runtime.dispatch.layout import Sizes


class Passes:
    """
    The sizes of the first pass, for the pass that computes it again.

    They are given only when no other first pass can be meant: one pass, then its backward. Where passes overlap, as with
    several micro-batches in flight, or one never had a backward, there is nothing to give, and sizes are exchanged again.
    """

    def __init__(self) -> None:
        self._pending = 0
        self._sizes: Sizes | None = None

    def known(self) -> Sizes | None:
        """The sizes of this pass if it is one that computes again, and they are certain."""
        if not _computes_again():
            return None
        self._pending -= 1
        sizes = self._sizes
        if self._pending == 0:
            self._sizes = None
        return sizes

    def keep(self, sizes: Sizes) -> None:
        """Remember the sizes of a first pass."""
        if torch.is_grad_enabled() and not _computes_again():
            self._pending += 1
            self._sizes = sizes if self._pending == 1 else None


def _computes_again() -> bool:
    """Whether this runs inside of a backward pass."""
    return torch._C._current_graph_task_id() != -1
