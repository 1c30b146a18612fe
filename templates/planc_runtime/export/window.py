"""A range of a file, as a file of its own: torch writes a zip archive for each piece of a tensor into one file."""

from __future__ import annotations

import io
import os
from typing import Any


class Window(io.RawIOBase):
    """Read `length` bytes from byte `begin` of an open file."""

    def __init__(self, descriptor: int, begin: int, length: int) -> None:
        self._descriptor = descriptor
        self._begin = begin
        self._length = length
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        if base + offset < 0:
            raise ValueError(f"{base + offset} is before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self._length - self._at))
        done = os.preadv(self._descriptor, [view[:wanted]], self._begin + self._at) if wanted else 0
        self._at += done
        return done


def read_exactly(descriptor: int, view: memoryview, begin: int) -> None:
    """
    Fill `view` from byte `begin` of a file.

    Raises:
        EOFError: the file ends before.
    """
    while view:
        done = os.preadv(descriptor, [view], begin)
        if done == 0:
            raise EOFError
        view = view[done:]
        begin += done
