"""Ranges of bytes to move between files, and how they are put together and taken apart."""

from __future__ import annotations

from typing import NamedTuple

from planc_runtime.convert.alignment import BLOCK, LEAST_CLONE


class Range(NamedTuple):
    """`size` bytes from `begin` of file number `file` to `at` of the file that is written."""

    file: int
    begin: int
    at: int
    size: int


def merged(ranges: list[Range]) -> list[Range]:
    """Ranges in the source's order, neighbours in both files made one."""
    found: list[Range] = []
    for span in sorted(ranges):
        last = found[-1] if found else None
        if (
            last is not None
            and last.file == span.file
            and last.begin + last.size == span.begin
            and last.at + last.size == span.at
        ):
            found[-1] = last._replace(size=last.size + span.size)
        elif span.size:
            found.append(span)
    return found


def can_share(span: Range) -> bool:
    """Whether a range begins at the same place within a block in both files, and is worth the calls."""
    return (span.begin - span.at) % BLOCK == 0 and span.size >= LEAST_CLONE


def parted(ranges: list[Range]) -> tuple[list[Range], list[Range]]:
    """Ranges that can share blocks, in the target's order, as their edges and the whole blocks between."""
    edges: list[Range] = []
    blocks: list[Range] = []
    for span in ranges:
        head = -span.begin % BLOCK
        tail = (span.begin + span.size) % BLOCK
        middle = span.size - head - tail
        blocks.append(Range(span.file, span.begin + head, span.at + head, middle))
        if head:
            edges.append(span._replace(size=head))
        if tail:
            edges.append(Range(span.file, span.begin + head + middle, span.at + head + middle, tail))
    return edges, blocks
