"""A parameter of a run, and the chunks that it was saved as."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from operator import lt

import torch

from planc_runtime.export.chunks import Chunk
from planc_runtime.export.table import Box


@dataclass
class Parameter:
    """A parameter of the run. Its chunks are in the order of their first rows."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    chunks: list[Chunk]

    def __post_init__(self) -> None:
        self.chunks.sort(key=lambda chunk: chunk.begin)
        self._firsts = [chunk.begin[:1] for chunk in self.chunks]
        self._tallest = max((chunk.size[0] for chunk in self.chunks if chunk.size), default=1)

    def is_whole(self) -> bool:
        """Whether each element is in exactly one chunk."""
        if sum(prod(chunk.size) for chunk in self.chunks) != prod(self.shape):
            return False
        for index, chunk in enumerate(self.chunks):
            ends = ends_of(chunk)
            if any(end > length for end, length in zip(ends, self.shape, strict=True)):
                return False
            for other in self.chunks[index + 1 :]:
                if other.begin[:1] >= tuple(ends[:1]):
                    break
                if all(map(lt, chunk.begin, ends_of(other))) and all(map(lt, other.begin, ends)):
                    return False
        return True

    def near(self, box: Box) -> Iterator[Chunk]:
        """The chunks that may hold some of a box."""
        if not box.size:
            yield from self.chunks
            return
        first = bisect.bisect_right(self._firsts, (box.begin[0] - self._tallest,))
        last = bisect.bisect_left(self._firsts, (box.begin[0] + box.size[0],))
        yield from self.chunks[first:last]


def ends_of(chunk: Chunk) -> list[int]:
    """One behind its last element, in each dim."""
    return [begin + length for begin, length in zip(chunk.begin, chunk.size, strict=True)]
