"""SHA-256 of every piece of every expert and of every carried tensor, whatever layout they are stored in."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence

from planc_runtime.convert.copying import BUFFER, read_into
from planc_runtime.convert.program import Piece

# What is read at once, from each of the two files that are compared.
BLOCK_BYTES = BUFFER // 8
SIZE = 32

_local = threading.local()


class Digests:
    """Digests of a checkpoint's pieces and carried tensors, compact: 32 bytes each."""

    def __init__(self, pieces: Sequence[Piece], layers: dict[int, list[int]]) -> None:
        self.pieces = pieces
        self.layers = layers
        self.carried: dict[str, bytes] = {}
        self._experts: dict[tuple[int, int], bytearray] = {}
        for index, piece in enumerate(pieces):
            for layer in layers[index]:
                self._experts[index, layer] = bytearray(SIZE * piece.experts)

    def put(self, piece: int, layer: int, expert: int, digest: bytes) -> None:
        self._experts[piece, layer][SIZE * expert : SIZE * (expert + 1)] = digest

    def get(self, piece: int, layer: int, expert: int) -> bytes:
        return bytes(self._experts[piece, layer][SIZE * expert : SIZE * (expert + 1)])

    def has(self, piece: int, layer: int, expert: int) -> bool:
        return any(self.get(piece, layer, expert))

    def experts(self) -> Iterator[tuple[str, list[str]]]:
        """
        By layer, the digest of each expert: SHA-256 over the digests of its pieces, in the order of the program.

        The name is the module of the layer's experts, or the pattern before it, so that two parts of a model differ.
        """
        groups: dict[str, list[int]] = {}
        for index, piece in enumerate(self.pieces):
            groups.setdefault(_group(piece), []).append(index)
        for group, indices in groups.items():
            for layer in self.layers[indices[0]]:
                yield (
                    group.replace("{layer}", str(layer)),
                    [
                        hashlib.sha256(b"".join(self.get(index, layer, expert) for index in indices)).hexdigest()
                        for expert in range(self.pieces[indices[0]].experts)
                    ],
                )


def _group(piece: Piece) -> str:
    """What tells the layers of one part of a model from another's: the name up to the layer, in the source's layout."""
    return piece.source.name.split("{layer}")[0] + "{layer}"


def digest_of(descriptor: int, begin: int, size: int, check: Callable[[int], None]) -> bytes:
    """
    SHA-256 of a range of a file.

    Args:
        check: called with every number of bytes read; may raise.
    """
    digest = hashlib.sha256()
    if not hasattr(_local, "buffer"):
        _local.buffer = memoryview(bytearray(BLOCK_BYTES))
    done = 0
    while done < size:
        read = read_into(descriptor, _local.buffer[: min(BLOCK_BYTES, size - done)], begin + done)
        if read == 0:
            raise OSError("the file became shorter while it was read")
        digest.update(_local.buffer[:read])
        done += read
        check(read)
    return digest.digest()


def forget_cache(descriptor: int) -> None:
    """Drop what the system holds of a file in memory, so that reading it again reads the disk."""
    if hasattr(os, "posix_fadvise"):
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError:
            return
