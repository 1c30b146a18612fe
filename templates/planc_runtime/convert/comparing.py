"""Read a file back that was just written, and compare it with the source, range by range."""

from __future__ import annotations

import os
from collections.abc import Callable

from planc_runtime.convert.digests import digest_of
from planc_runtime.convert.program import Program
from planc_runtime.convert.shards import Shard, Slot
from planc_runtime.convert.tasks import Comparison, SourceFiles, tasks_of
from planc_runtime.convert.tensors import CARRIED, Layout, Span
from planc_runtime.workers import work


class VerificationError(Exception):
    """What is on the disk is not what was read."""


def compare(
    target: int, shard: Shard, layout: Layout, sources: SourceFiles, *, advance: Callable[[int], None], jobs: int
) -> dict[str, str]:
    """
    Read both sides of every range back; by tensor, the digests of its pieces, in its order, as hex.

    Args:
        target: a descriptor of the file.
        advance: called with every number of bytes read of it; may raise.

    Raises:
        VerificationError: they are not the same.
    """
    if os.pread(target, shard.data_start, 0) != shard.header:
        raise VerificationError(f"{shard.name}: the header on the disk is not what was written")
    found = {slot.target.name: bytearray(32 * sum(1 for _ in layout.spans(slot.target))) for slot in shard.slots}

    def check(task: list[Comparison]) -> None:
        with sources.open(task[0].span.file) as source:
            for slot, number, span in task:
                wanted = digest_of(source, span.begin, span.size, _ignore)
                if digest_of(target, slot.begin + span.at, span.size, advance) != wanted:
                    name = _name_of(layout.program, slot, span)
                    raise VerificationError(f"{shard.name}: {name} is not what the source holds")
                found[slot.target.name][32 * number : 32 * number + 32] = wanted

    comparisons = [
        Comparison(slot, number, span) for slot in shard.slots for number, span in enumerate(layout.spans(slot.target))
    ]
    comparisons.sort(key=lambda comparison: comparison.span)
    work(tasks_of(comparisons), check, jobs)
    return {name: digests.hex() for name, digests in found.items()}


def _name_of(program: Program, slot: Slot, span: Span) -> str:
    if span.piece == CARRIED:
        return slot.target.name
    return f"{slot.target.name} ({program.pieces[span.piece].name} of expert {span.expert})"


def _ignore(size: int) -> None:
    """Bytes of the source are not counted: those of the target are."""
