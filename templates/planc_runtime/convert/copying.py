"""Copy ranges of bytes between files by the fastest means that the file systems have."""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from planc_runtime.convert.alignment import BLOCK
from planc_runtime.convert.ranges import Range

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# _IOW(0x94, 13, struct file_clone_range): share a range of blocks with another file.
FICLONERANGE = 0x4020940D

# The kernel may do less than asked; what it is asked at once bounds how long a signal waits.
CHUNK = 32 * 2**20
BUFFER = 2**20

# What file systems answer that cannot do it, or not between these two files, where reading and writing still works.
UNABLE = {
    errno.ENOSYS,
    errno.EXDEV,
    errno.EINVAL,
    errno.EPERM,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,
    errno.ENOTTY,
    errno.EIO,
    errno.EBADF,
    errno.ETXTBSY,
    errno.EOVERFLOW,
    errno.EAGAIN,
}

HAS_PREADV = hasattr(os, "preadv")

SHORTER = "the source became shorter while it was read"

ENGINES = ("reflink", "copy_file_range", "read_write")


class StoppedError(Exception):
    """A signal came in."""


class Copier:
    """
    Copies ranges into one file; threads may share it. A means is given up once it has failed.

    Attributes:
        copied: bytes by engine.
    """

    def __init__(
        self,
        target: int,
        *,
        advance: Callable[[int], None],
        engines: tuple[str, ...] = ENGINES,
    ) -> None:
        """
        Args:
            target: descriptor to write to, not opened for appending.
            advance: called with every number of bytes done; may raise `StoppedError`.
            engines: those that may be tried.
        """
        self.target = target
        self.advance = advance
        self.copied = dict.fromkeys(ENGINES, 0)
        self._lock = threading.Lock()
        self._able = {
            "reflink": fcntl is not None and "reflink" in engines,
            "copy_file_range": hasattr(os, "copy_file_range") and "copy_file_range" in engines,
        }

    def copy(self, source: int, span: Range) -> None:
        """
        Copy one range.

        Args:
            source: descriptor of the span's file.
        Raises:
            OSError: reading or writing failed by every means.
            StoppedError: a signal came in; the range is not whole.
        """
        if not self._able["copy_file_range"] or not self._kernel_copies(source, span):
            self._read_write(source, span)

    def share(self, source: int, span: Range) -> None:
        """As `copy`, of a range of whole blocks: without copying, where the file system can."""
        if not self._able["reflink"] or not self._clone(source, span):
            self.copy(source, span)

    def join(self, source: int, spans: list[Range]) -> None:
        """As `copy`, of small ranges: those that are neighbours in the target are written at once."""
        look_ahead(source, spans)
        buffer = _buffer()
        held = at = 0
        for _, begin, to, size in spans:
            if held and (to != at + held or held + size > BUFFER):
                write_all(self.target, buffer[:held], at)
                self._done("read_write", held)
                held = 0
            if held == 0:
                at = to
            done = 0
            while done < size:
                read = read_into(source, buffer[held : held + size - done], begin + done)
                if read == 0:
                    raise OSError(errno.EIO, SHORTER)
                done += read
                held += read
        write_all(self.target, buffer[:held], at)
        self._done("read_write", held)

    def _clone(self, source: int, span: Range) -> bool:
        # A length of 0 would mean "to the end of the file".
        if span.size == 0:
            return False
        argument = struct.pack("@qQQQ", source, span.begin, span.size, span.at)
        try:
            fcntl.ioctl(self.target, FICLONERANGE, argument)
        except OSError as error:
            self._give_up("reflink", error)
            return False
        self._done("reflink", span.size)
        return True

    def _kernel_copies(self, source: int, span: Range) -> bool:
        done = 0
        while done < span.size:
            wanted = min(CHUNK, span.size - done)
            moved = 0
            try:
                moved = os.copy_file_range(source, self.target, wanted, span.begin + done, span.at + done)
            except OSError as error:
                self._give_up("copy_file_range", error)
            if moved <= 0:
                # Some file systems answer 0 with bytes left, and some have said that they copied what they had not:
                # once one fails, the whole range is copied by other means.
                self._able["copy_file_range"] = False
                self._done("copy_file_range", -done)
                return False
            done += moved
            self._done("copy_file_range", moved)
        return True

    def _read_write(self, source: int, span: Range) -> None:
        done = 0
        buffer = _buffer()
        while done < span.size:
            read = read_into(source, buffer[: min(BUFFER, span.size - done)], span.begin + done)
            if read == 0:
                raise OSError(errno.EIO, SHORTER)
            write_all(self.target, buffer[:read], span.at + done)
            done += read
            self._done("read_write", read)

    def _give_up(self, engine: str, error: OSError) -> None:
        if error.errno not in UNABLE:
            raise error
        self._able[engine] = False

    def _done(self, engine: str, size: int) -> None:
        with self._lock:
            self.copied[engine] += size
        self.advance(size)


_local = threading.local()


def _buffer() -> memoryview:
    """This thread's buffer of `BUFFER` bytes."""
    if not hasattr(_local, "buffer"):
        _local.buffer = memoryview(bytearray(BUFFER))
    return _local.buffer


def read_into(descriptor: int, view: memoryview, offset: int) -> int:
    """Read at an offset; the number of bytes read, 0 at the end."""
    if HAS_PREADV:
        return os.preadv(descriptor, [view], offset)
    data = os.pread(descriptor, len(view), offset)
    view[: len(data)] = data
    return len(data)


def look_ahead(descriptor: int, spans: list[Range]) -> None:
    """Have ranges read while others are; reading them later need not wait."""
    if not hasattr(os, "posix_fadvise"):
        return
    block = -1
    for _, begin, _, size in sorted(spans):
        # The end of one range and the beginning of another often share a block.
        if begin // BLOCK != block:
            with suppress(OSError):
                os.posix_fadvise(descriptor, begin, size, os.POSIX_FADV_WILLNEED)
        block = (begin + size - 1) // BLOCK


def begin_flush(descriptor: int) -> None:
    """Have what was written go to the disk while other things are done. What is there already leaves the memory."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def write_all(descriptor: int, view: memoryview | bytes, offset: int) -> None:
    """Write at an offset, however often the system writes less than it was asked to."""
    view = memoryview(view)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written
