"""Notice that a step does not end, and find out on whom it waits."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch.distributed import Store

from planc_runtime.preflight.links.store import absent

# Seconds that the other ranks' notes get to arrive before anybody is named.
GRACE = 1.0


@dataclass(frozen=True)
class Step:
    """Something that ranks do together. Each name is used once by a group."""

    name: str
    ranks: range

    def left_key(self, rank: int) -> str:
        return f"{self.name} left {rank}"

    def entered_key(self, rank: int) -> str:
        return f"{self.name} entered {rank}"


class Watch:
    """
    A thread beside the one that works: a collective that waits for a rank which never comes cannot say so itself.

    Args:
        seconds: how long a step may take.
        on_stuck: called from that thread with the step that does not end, the ranks that have not come to it, and those
            that have and are still in it; it has to end the process.
        on_verdict: called from that thread when another rank has said a verdict; it has to end the process.
    """

    def __init__(
        self,
        store: Store,
        rank: int,
        *,
        seconds: float,
        on_stuck: Callable[[Step, list[int], list[int]], None],
        on_verdict: Callable[[Store], None],
    ) -> None:
        self._store, self._rank, self._seconds = store, rank, seconds
        self._on_stuck, self._on_verdict = on_stuck, on_verdict
        self._now: tuple[Step, float] | None = None
        # A store's client serves one thread at a time, and the other one may wait in it.
        self._own_client = store.clone()
        threading.Thread(target=self._look, daemon=True).start()

    @contextmanager
    def step(self, name: str, ranks: range, *, seconds: float | None = None) -> Iterator[None]:
        """Enter a step, and leave it when it went well."""
        step = Step(name, ranks)
        self._now = step, time.monotonic() + (self._seconds if seconds is None else seconds)
        self._store.set(step.entered_key(self._rank), "")
        self._store.set(f"at {self._rank}", json.dumps([name, ranks.start, ranks.stop, ranks.step]))
        yield
        self._now = None
        self._store.set(step.left_key(self._rank), "")

    def now(self) -> Step | None:
        """The step that this rank is in."""
        return None if self._now is None else self._now[0]

    def _look(self) -> None:
        while True:
            time.sleep(0.2)
            if self._own_client.check(["verdict"]):
                self._on_verdict(self._own_client)
            now = self._now
            if now is None or time.monotonic() < now[1]:
                continue
            time.sleep(GRACE)
            if self._now is now:
                self._on_stuck(*self._blame(now[0], set()))

    def _blame(self, step: Step, seen: set[int]) -> tuple[Step, list[int], list[int]]:
        """Who keeps a step from its end. A rank that has not come because it waits in another step leads there."""
        missing, inside = (
            [step.ranks[index] for index in absent(self._own_client, [key(rank) for rank in step.ranks])]
            for key in (step.entered_key, step.left_key)
        )
        for rank in missing:
            other = self._step_of(rank)
            if other is not None and rank not in seen:
                return self._blame(other, seen | {rank})
        return step, missing, inside

    def _step_of(self, rank: int) -> Step | None:
        """The step that a rank is in, by its own notes."""
        if not self._own_client.check([f"at {rank}"]):
            return None
        name, *numbers = json.loads(self._own_client.get(f"at {rank}"))
        step = Step(name, range(*numbers))
        return None if self._own_client.check([step.left_key(rank)]) else step
