"""How far a conversion is: a line that is drawn again on a terminal, elsewhere a line of JSON a second."""

from __future__ import annotations

import json
import sys
import threading
import time

from planc_runtime.convert.copying import StoppedError


def amount(size: float) -> str:
    """Bytes as a figure with three digits: "4.80 GB"."""
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


class Progress:
    """
    Counts bytes for several threads.

    Attributes:
        signal: number of the signal that asked to stop, 0 for none.
    """

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.total = total
        self.done = 0
        self.signal = 0
        self.phase = ""
        self._quiet = quiet
        self._begun = self._shown = time.monotonic()
        self._lock = threading.Lock()
        self._is_terminal = sys.stderr.isatty()

    def begin(self, phase: str) -> None:
        """Name what is being done."""
        self.phase = phase

    def advance(self, size: int) -> None:
        """
        Count `size` bytes more.

        Raises:
            StoppedError: a signal came in.
        """
        if self.signal:
            raise StoppedError
        with self._lock:
            self.done += size
            now = time.monotonic()
            if self._quiet or now - self._shown < (0.1 if self._is_terminal else 1):
                return
            self._shown = now
            rate = self.done / max(now - self._begun, 1e-9)
            left = round((self.total - self.done) / rate) if rate > 0 else 0
            self._show(rate, left)

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._is_terminal and not self._quiet:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _show(self, rate: float, left: int) -> None:
        if self._is_terminal:
            share = f"{amount(self.done)} of {amount(self.total)}"
            clock = f"{left // 60}:{left % 60:02} left"
            line = f"\r\x1b[K{self.phase}  {share}  {amount(rate)}/s  {clock}"
            print(line, end="", file=sys.stderr, flush=True)
            return
        state = {"phase": self.phase, "bytes": self.done, "of": self.total, "rate": round(rate), "seconds_left": left}
        print(json.dumps(state), file=sys.stderr, flush=True)
