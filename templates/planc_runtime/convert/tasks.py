"""A conversion's work cut into tasks for several threads, and the source files that each of them reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from planc_runtime.convert.folder import Checkpoint
from planc_runtime.convert.ranges import Range
from planc_runtime.convert.shards import Slot
from planc_runtime.convert.tensors import Span
from planc_runtime.errors import UserError

# What one task copies or reads, unless a single range is larger.
TASK_BYTES = 64 * 2**20


class Comparison(NamedTuple):
    """A range to compare: the `number`-th of the tensor in `slot`."""

    slot: Slot
    number: int
    span: Span


Item = TypeVar("Item", Range, Comparison)


def tasks_of(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Neighbours of one source file, some 64 MiB at a time."""
    task: list[Item] = []
    size, file = 0, -1
    for item in items:
        span = item.span if isinstance(item, Comparison) else item
        if task and (size + span.size > TASK_BYTES or span.file != file):
            yield task
            task, size = [], 0
        task.append(item)
        size += span.size
        file = span.file
    if task:
        yield task


class SourceFiles:
    """The files of a source, each still the one of which the header was read."""

    def __init__(self, source: Checkpoint, output: Path) -> None:
        self.source = source
        self.output = output

    @contextmanager
    def open(self, number: int) -> Iterator[int]:
        """
        A descriptor of file number `number`.

        Raises:
            UserError: it has changed, or changes while it is open.
        """
        with open(self.source.folder / self.source.files[number].name, "rb", buffering=0) as stream:
            self._check_same(number, os.fstat(stream.fileno()))
            yield stream.fileno()
            self._check_same(number, os.fstat(stream.fileno()))

    def _check_same(self, number: int, status: os.stat_result) -> None:
        file = self.source.files[number]
        if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
            raise UserError(f"{file.name} has changed since the conversion began; remove {self.output} and start again")
