"""Notice that a step does not end, and find out on whom it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from torch.distributed import Store

from planc_runtime.preflight.links.store import absent

# Seconds that the other ranks' notes get to arrive before anybody is named.
GRACE = 1.0


class Watch:
    """
    A thread beside the one that works: a collective that waits for a rank which never comes cannot say so itself.

    Args:
        seconds: how long a step may take.
        told: called from that thread, with the step's name, its ranks, and those of them that have not entered it and
            not left it; it has to end the process.
        heard: called from that thread when another rank has said a verdict; it has to end the process.
    """

    def __init__(
        self,
        store: Store,
        rank: int,
        *,
        seconds: float,
        told: Callable[[str, list[int], list[int]], None],
        heard: Callable[[Store], None],
    ) -> None:
        self._store, self._rank, self._seconds, self._told, self._heard = store, rank, seconds, told, heard
        self._step: tuple[str, Sequence[int], float] | None = None
        # A store's client serves one thread at a time, and the other one may wait in it.
        self._own_client = store.clone()
        threading.Thread(target=self._look, daemon=True).start()

    @contextmanager
    def step(self, name: str, ranks: Sequence[int], *, seconds: float | None = None) -> Iterator[None]:
        """Something that the `ranks` do together; each name is used once."""
        self._step = (name, ranks, time.monotonic() + (self._seconds if seconds is None else seconds))
        self._store.set(f"{name} entered {self._rank}", "")
        yield
        self._step = None
        self._store.set(f"{name} left {self._rank}", "")

    def _look(self) -> None:
        while True:
            time.sleep(0.2)
            if self._own_client.check(["verdict"]):
                self._heard(self._own_client)
            step = self._step
            if step is None or time.monotonic() < step[2]:
                continue
            time.sleep(GRACE)
            if self._step is not step:
                continue
            name, ranks, _ = step
            lists = (
                [ranks[index] for index in absent(self._own_client, [f"{name} {what} {rank}" for rank in ranks])]
                for what in ("entered", "left")
            )
            self._told(name, *lists)
