"""Fill a file of the target with its bytes of the source: shared where the file system can, else copied."""

from __future__ import annotations

from collections.abc import Callable

from planc_runtime.convert.copying import Copier, begin_flush
from planc_runtime.convert.ranges import Range, can_share, merged, parted
from planc_runtime.convert.shards import Shard
from planc_runtime.convert.tasks import TASK_BYTES, SourceFiles, tasks_of
from planc_runtime.convert.tensors import Layout
from planc_runtime.workers import work
from planc_runtime.writing import scratch_file

# Ranges that are taken apart at a time.
FEW = 512


def can_share_blocks(sources: SourceFiles) -> bool:
    """Try it on one block, between a source file and a file in the output."""
    source = sources.source
    file = next((file for file in source.files if file.size > 1 << 17), None)
    if file is None:
        return False
    copier = Copier(-1, advance=lambda _: None, engines=("reflink",))
    with open(source.folder / file.name, "rb") as stream, scratch_file(sources.output) as copier.target:
        copier.share(stream.fileno(), Range(0, 0, 0, 1 << 16))
    return copier.copied["reflink"] > 0


def fill(copier: Copier, shard: Shard, layout: Layout, sources: SourceFiles, *, shares: bool, jobs: int) -> None:
    """
    Copy all that a shard is made of into the copier's file, on several threads.

    Args:
        shares: whether blocks are shared with the source where they can be.
    """
    ranges = merged(
        [
            Range(span.file, span.begin, slot.begin + span.at, span.size)
            for slot in shard.slots
            for span in layout.spans(slot.target)
        ]
    )
    if shares:
        _share(copier, ranges, sources, jobs)
    else:
        _each(ranges, copier.copy, sources, jobs)


def _share(copier: Copier, ranges: list[Range], sources: SourceFiles, jobs: int) -> None:
    """Copy what cannot be shared first: it goes to the disk while blocks are shared."""
    apart = [span for span in ranges if not can_share(span)]
    _each(apart, copier.copy, sources, jobs)
    if sum(span.size for span in apart) > TASK_BYTES:
        begin_flush(copier.target)
    rest = sorted((span for span in ranges if can_share(span)), key=lambda span: span.at)
    for start in range(0, len(rest), FEW):
        edges, blocks = parted(rest[start : start + FEW])
        _each(blocks, copier.share, sources, jobs)
        for task in tasks_of(edges):
            with sources.open(task[0].file) as source:
                copier.join(source, task)


def _each(ranges: list[Range], do: Callable[[int, Range], None], sources: SourceFiles, jobs: int) -> None:
    """Call `do` with each range and a descriptor of its source, on several threads."""

    def copy(task: list[Range]) -> None:
        with sources.open(task[0].file) as source:
            for span in task:
                do(source, span)

    work(tasks_of(ranges), copy, jobs)
