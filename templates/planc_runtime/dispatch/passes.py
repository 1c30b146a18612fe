"""Whether a layer is computed for the first time or again in the backward pass, and what its first pass worked out."""

from __future__ import annotations

import torch

from planc_runtime.dispatch.places import Places
from planc_runtime.dispatch.sizes import Sizes


class Passes:
    """
    What the first pass worked out, for the pass that computes it again.

    It is given only when no other first pass can be meant: one pass, then its backward. Where passes overlap, as with
    several micro-batches in flight, or one never had a backward, there is nothing to give, and all is worked out again.

    Until a layer has been computed again for the first time nobody knows that it will be: only sizes are kept, which are small.
    """

    def __init__(self) -> None:
        self._pending = 0
        self._is_repeated = False
        self._first: Places | Sizes | None = None

    def known(self) -> Places | Sizes | None:
        """What is known of this pass if it is one that computes again, and it is certain."""
        if not _computes_again():
            return None
        self._is_repeated = True
        self._pending -= 1
        first = self._first
        if self._pending == 0:
            self._first = None
        return first

    def keep(self, places: Places) -> None:
        """Remember a first pass."""
        if torch.is_grad_enabled() and not _computes_again():
            self._pending += 1
            own = places if self._is_repeated else places.sizes
            self._first = own if self._pending == 1 else None


def _computes_again() -> bool:
    """Whether this runs inside of a backward pass."""
    return torch._C._current_graph_task_id() != -1
