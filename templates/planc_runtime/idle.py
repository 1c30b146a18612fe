"""Whether processes still do something: on a slow machine time alone does not tell one that hangs from one that works."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


class Idle:
    """
    Call it again and again: true once none of the processes has done anything for `seconds`.

    A process that waits for another one is idle; one that waits for a core or a disk, or has used any time of a core since
    the last call, is not. Without /proc it tells from time alone.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._last: object = None
        self._since = time.monotonic()

    def __call__(self, processes: Iterable[int]) -> bool:
        at_work, used = False, []
        for process in processes:
            for thread in sorted((PROC / str(process) / "task").glob("*")):
                state = _state_of(thread)
                if state is not None:
                    at_work |= state[0] in "RD"
                    used.append((thread.name, state[1]))
        if at_work or used != self._last:
            self._last, self._since = used, time.monotonic()
        return time.monotonic() - self._since >= self.seconds


def _state_of(thread: Path) -> tuple[str, int] | None:
    """State and ticks that a thread has used, None where it has ended."""
    try:
        # The name before them may have spaces and brackets in it.
        fields = (thread / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[11]) + int(fields[12])
