"""Being told to stop: SIGTERM and SIGUSR1 end the run after its step, with a checkpoint."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from types import TracebackType

from planc_runtime.errors import FOLDER_VARIABLE

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)

# torchrun passes on to its ranks what the whole job may have been sent already: that is no second request.
ONE_REQUEST_SECONDS = 5.0


class Stopping:
    """
    Notes the signals while it is entered. `signal` is the first that came, 0 for none.

    A thread reads them, so that the second request ends the process even where the main thread waits inside a library.
    """

    def __init__(self) -> None:
        self.signal = 0

    def __enter__(self) -> Stopping:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._old_descriptor = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._old_handlers = [signal.signal(number, lambda *_: None) for number in SIGNALS]
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        self._announce(True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._announce(False)
        for number, handler in zip(SIGNALS, self._old_handlers, strict=True):
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_descriptor)
        os.close(self._writer)
        self._thread.join()
        os.close(self._reader)

    def _watch(self) -> None:
        began = 0.0
        while received := os.read(self._reader, 1):
            number = received[0]
            if number not in SIGNALS:
                continue
            if self.signal and time.monotonic() - began > ONE_REQUEST_SECONDS:
                os._exit(128 + number)
            if not self.signal:
                began = time.monotonic()
                self.signal = number

    def _announce(self, is_ready: bool) -> None:
        folder = os.environ.get(FOLDER_VARIABLE)
        if not folder or not Path(folder).is_dir():
            return
        mark = Path(folder) / str(os.getpid())
        if is_ready:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)
