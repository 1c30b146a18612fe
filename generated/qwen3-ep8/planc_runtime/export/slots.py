"""Where in a file each piece lies, and how bytes get there and back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planc_runtime.export.shards import Shard
from planc_runtime.export.table import Piece
from planc_runtime.export.window import read_exactly
from planc_runtime.writing import new_file

# What is read at once.
BUFFER = 2**20


@dataclass(frozen=True)
class Slot:
    """A piece and the byte of the file where it begins."""

    piece: Piece
    name: str
    dtype: str
    begin: int

    @property
    def size(self) -> int:
        return self.piece.size(self.dtype)


def slots_of(shard: Shard) -> Iterator[Slot]:
    """Every piece of a file, in the order of their bytes."""
    at = len(shard.header)
    for tensor in shard.tensors:
        for piece in tensor.pieces:
            slot = Slot(piece, tensor.name, tensor.dtype, at)
            yield slot
            at += slot.size


def digest_of(descriptor: int, slot: Slot) -> bytes:
    """SHA-256 of a piece as the file holds it."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(min(BUFFER, slot.size)))
    for at in range(0, slot.size, BUFFER):
        view = buffer[: min(BUFFER, slot.size - at)]
        read_exactly(descriptor, view, slot.begin + at)
        digest.update(view)
    return digest.digest()


def write_all(descriptor: int, view: memoryview, begin: int) -> None:
    """Write at a byte of a file, however often the system writes less than it was asked to."""
    while view:
        done = os.pwrite(descriptor, view, begin)
        view = view[done:]
        begin += done


def forget_cache(descriptor: int) -> None:
    """So that reading again reads the disk."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def copy_file(path: Path, output: Path, name: str) -> None:
    """Copy a file byte for byte."""
    with open(path, "rb") as stream, new_file(output, name) as descriptor:
        at = 0
        while data := stream.read(BUFFER):
            write_all(descriptor, memoryview(data), at)
            at += len(data)
