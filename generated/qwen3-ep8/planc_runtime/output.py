"""What a program says never ends it: a reader that has gone, a full disk under a log."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any

_replaced: list[io.TextIOWrapper] = []


class _Forgiving(io.RawIOBase):
    """Writes to a descriptor as long as that works; what cannot be written is dropped."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def write(self, content: Any) -> int | None:
        try:
            return os.write(self.descriptor, content)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.EPIPE:
                # Nobody reads any more: libraries that write by themselves shall not fail either.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.descriptor)
            return memoryview(content).nbytes


def forgive_output() -> None:
    """From now on `print` to standard output and standard error, and all that goes that way, cannot fail."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper) or stream.closed or stream.fileno() != descriptor:
            continue
        with suppress(OSError):
            stream.flush()
        _replaced.append(stream)  # it would close the descriptor
        forgiving = io.TextIOWrapper(
            io.BufferedWriter(_Forgiving(descriptor)),
            encoding=stream.encoding,
            errors="backslashreplace",
            line_buffering=stream.line_buffering or name == "stderr",
            write_through=stream.write_through,
        )
        setattr(sys, name, forgiving)


def say(text: str) -> None:
    """One line on standard output."""
    print(text, flush=True)


def warn(text: str) -> None:
    """One line on standard error; whatever stands in its way is not the run's concern."""
    with suppress(OSError, ValueError):
        print(f"warning: {text}", file=sys.stderr, flush=True)


def sentence(error: BaseException) -> str:
    """What an exception says, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
