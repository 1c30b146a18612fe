"""What fails while a run is measured: left out from then on, told about once, and never the run's end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from planc_runtime.output import sentence, warn

T = TypeVar("T")

# What can fail by itself, and what the reader then goes without.
PARTS = {
    "plan": "tokens_per_second_per_gpu, mfu and what was predicted",
    "tokens": "tokens_per_second_per_gpu and mfu",
    "flops": "mfu",
    "experts": "expert_load",
    "load": "rank_load",
    "dispatch": "dispatch_seconds",
    "memory": "peak memory",
    "clock": "tokens_per_second_per_gpu and mfu",
}


class Faults:
    """
    The parts that failed on this rank, and those that failed on any.

    Attributes:
        off: parts that every rank leaves out.
    """

    def __init__(self) -> None:
        self.off: set[str] = set()
        self._own: dict[str, str] = {}
        self._reported: set[str] = set()

    def attempt(self, part: str, do: Callable[[], T]) -> T | None:
        """What `do` returns, None where it or the part before it failed."""
        if part in self.off or part in self._own:
            return None
        try:
            return do()
        except Exception as error:
            self.note(part, sentence(error))
            return None

    def note(self, part: str, why: str) -> None:
        """This rank cannot have the part any more."""
        self._own.setdefault(part, why)

    def give_up(self) -> None:
        """Nor any other part, for a reason that has been told."""
        self._own |= {part: "" for part in PARTS if part not in self._own}
        self._reported |= set(PARTS)

    def flags(self, rank: int, world_size: int) -> list[float]:
        """For the largest over all ranks: per part, 0 or a number that is largest on the first rank that lacks it."""
        return [float(world_size - rank) if part in self._own else 0.0 for part in PARTS]

    def take(self, flags: list[float], rank: int, world_size: int) -> None:
        """Leave out what failed on any rank; the first of those tells why."""
        for part, flag in zip(PARTS, flags, strict=True):
            if flag == 0 or part in self.off:
                continue
            self.off.add(part)
            if world_size - int(flag) == rank:
                self.report(part)

    def report(self, part: str) -> None:
        """Say, once, what is not measured any more."""
        if part not in self._reported:
            self._reported.add(part)
            warn(f"the training goes on without {PARTS[part]}: {self._own[part]}")
