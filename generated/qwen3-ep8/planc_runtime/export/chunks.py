"""One chunk of a parameter, as one rank has saved it: read row by row, its checksum looked at once."""

from __future__ import annotations

import os
import pickle
import threading
import zipfile
import zlib
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import torch

from planc_runtime.errors import UserError
from planc_runtime.export.window import Window, read_exactly

# What is read at once.
BLOCK_BYTES = 4 * 2**20
# A zip entry's own header: 30 bytes, of which the last four give the lengths of what follows.
LOCAL_HEADER_BYTES = 30


class DamagedError(UserError):
    """A file of the run's checkpoint is not what was saved; the message names it."""


@dataclass
class Chunk:
    """
    `size` elements in each dim of a parameter, beginning with `begin`; `offset` and `length` say where in `path` its
    archive lies.
    """

    path: Path
    offset: int
    length: int
    begin: tuple[int, ...]
    size: tuple[int, ...]
    _data_begin: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, into: torch.Tensor, begin: tuple[int, ...]) -> None:
        """
        Fill a contiguous tensor with what begins at `begin` of the chunk and is contiguous in it.

        Raises:
            DamagedError: the file is cut off or damaged.
        """
        descriptor = self._open()
        try:
            with self._lock:
                if self._data_begin is None:
                    self._data_begin = self._checked(descriptor, into.dtype)
            at = sum(index * prod(self.size[dim + 1 :]) for dim, index in enumerate(begin))
            view = memoryview(into.reshape(-1).view(torch.uint8).numpy())
            read_exactly(descriptor, view, self._data_begin + at * into.element_size())
        except (EOFError, OSError, RuntimeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise DamagedError(f"cannot read {self.path}: {error.strerror}") from error
            what = "is cut off" if isinstance(error, EOFError) else f"is damaged: {error}"
            raise DamagedError(f"{self.path} {what}; take another checkpoint of the run") from error
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise DamagedError(f"cannot read {self.path}: {error.strerror}") from error

    def _checked(self, descriptor: int, dtype: torch.dtype) -> int:
        """Where in the file the chunk's elements begin, once their checksum and their order have been looked at."""
        window = Window(descriptor, self.offset, self.length)
        described = torch.load(window, map_location="meta", weights_only=True)
        window.seek(0)
        with zipfile.ZipFile(window) as archive:
            (entry,) = (entry for entry in archive.infolist() if "/data/" in f"/{entry.filename}")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise ValueError("it holds compressed numbers")
        size = prod(self.size) * dtype.itemsize
        shape = tuple(described.shape)
        if shape != self.size or described.dtype != dtype or not described.is_contiguous():
            raise ValueError(f"it holds {described.dtype} {list(shape)} where .metadata says {dtype} {list(self.size)}")
        if described.storage_offset() or entry.file_size != size:
            raise ValueError(f"it holds {entry.file_size:,} bytes for {size:,}")
        header = bytearray(LOCAL_HEADER_BYTES)
        begin = self.offset + entry.header_offset
        read_exactly(descriptor, memoryview(header), begin)
        data_begin = begin + LOCAL_HEADER_BYTES + sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        # torch can be told to save no checksums; then they are 0.
        if entry.CRC and _checksum(descriptor, data_begin, size) != entry.CRC:
            raise ValueError("its numbers do not have the checksum that they were saved with")
        return data_begin


def _checksum(descriptor: int, begin: int, size: int) -> int:
    buffer = memoryview(bytearray(min(BLOCK_BYTES, size)))
    found = 0
    for at in range(0, size, BLOCK_BYTES):
        view = buffer[: min(BLOCK_BYTES, size - at)]
        read_exactly(descriptor, view, begin + at)
        found = zlib.crc32(view, found)
    return found
