"""What is allocated and freed while a piece of a model runs: distinct storages, as torch's own operators make them."""

import time
import weakref
from collections.abc import Iterable

import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Event = tuple[int | None, int, str]


def keys(tensors: Iterable[torch.Tensor]) -> set[int]:
    return {tensor.untyped_storage()._cdata for tensor in tensors}


def let_go() -> None:
    """gloo's thread lets go of what it sent a moment after it says that it is done."""
    time.sleep(0.005)


class Live(TorchDispatchMode):
    """
    Storages that come to life while this is on, until their last tensor goes.

    Attributes:
        history: in order of time, `(number, bytes, operator)` of a new storage, `(~number, bytes, "")` of one that goes, and
            `(None, 0, name)` of a mark.
    """

    def __init__(self, known: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self.history: list[Event] = []
        self._known = keys(known)
        self._numbers: dict[int, int] = {}

    def mark(self, name: str) -> None:
        self.history.append((None, 0, name))

    def number(self, tensor: torch.Tensor) -> int | None:
        """Of its storage; None where it is not one of these."""
        return self._numbers.get(tensor.untyped_storage()._cdata)

    def between(self, begin: str, end: str) -> set[int]:
        """Numbers of the storages that were made between two marks."""
        made = self.history[self.history.index((None, 0, begin)) : self.history.index((None, 0, end))]
        return {number for number, _, _ in made if number is not None and number >= 0}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if function is torch.ops._c10d_functional.wait_tensor.default:
            let_go()
        for tensor in tree_leaves(out):
            # A subclass wraps a tensor that was seen before, and has no memory of its own.
            if type(tensor) in (torch.Tensor, torch.nn.Parameter):
                self._see(tensor.untyped_storage(), str(function))
        return out

    def _see(self, storage: torch.UntypedStorage, operator: str) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._numbers or key in self._known or size == 0:
            return
        number = len(self.history)
        self._numbers[key] = number
        self.history.append((number, size, operator))
        weakref.finalize(storage, self._gone, key, size)

    def _gone(self, key: int, size: int) -> None:
        self.history.append((~self._numbers.pop(key), size, ""))


def played(history: list[Event], excluded: set[int], begin: str, end: str) -> dict:
    """Bytes alive at `end`, and the most that were between both marks, without the storages `excluded`."""
    now, most, is_on = 0, 0, False
    for number, size, name in history:
        if number is None:
            is_on = is_on or name == begin
            most = max(most, now) if is_on else most
            if name == end:
                return {"alive": now, "peak": most}
        elif (number if number >= 0 else ~number) not in excluded:
            now += size if number >= 0 else -size
            most = max(most, now) if is_on else most
    raise ValueError(f"no mark {end}")


class Saved(saved_tensors_hooks):
    """Bytes of the distinct storages that autograd saves while this is on."""

    def __init__(self, known: Iterable[torch.Tensor]) -> None:
        self.bytes = 0
        self._seen = keys(known)
        self._kept: list[torch.Tensor] = []  # or others would get their places in memory
        super().__init__(self._pack, lambda tensor: tensor)

    def _pack(self, tensor: torch.Tensor) -> torch.Tensor:
        key = keys([tensor])
        if not key <= self._seen:
            self.bytes += tensor.untyped_storage().nbytes()
        self._seen |= key
        self._kept.append(tensor)
        return tensor
