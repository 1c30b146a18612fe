"""A conversion from beginning to end: plan, prove, copy, read back, finish."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from planc_runtime.convert.copying import ENGINES, Copier, begin_flush, write_all
from planc_runtime.convert.digests import Digests, digest_of, forget_cache
from planc_runtime.convert.folder import INDEX, JOURNAL, MANIFEST, Checkpoint, read_folder
from planc_runtime.convert.journal import Journal
from planc_runtime.convert.manifest import manifest_of, read_manifest
from planc_runtime.convert.others import copy_others, put_config, read_config
from planc_runtime.convert.places import check_apart, check_free, check_room, make_folder
from planc_runtime.convert.program import Program
from planc_runtime.convert.progress import Progress
from planc_runtime.convert.proof import prove
from planc_runtime.convert.ranges import Range, can_share, merged, parted
from planc_runtime.convert.shards import Shard, Slot, plan_shards
from planc_runtime.convert.tensors import CARRIED, Layout, Span
from planc_runtime.errors import UserError
from planc_runtime.workers import work
from planc_runtime.writing import flush, new_file, put_json, remove_left_over, scratch_file

# What one task copies or reads, unless a single range is larger.
TASK_BYTES = 64 * 2**20

# Ranges that are taken apart at a time.
FEW = 512


class VerificationError(Exception):
    """What is on the disk is not what was read."""


class Options(NamedTuple):
    """How to convert. `engines` are those that may be tried, `config` the keys that config.json needs."""

    max_shard_bytes: int
    jobs: int = 1
    verify: bool = True
    engines: tuple[str, ...] = ENGINES
    config: Mapping[str, object] = {}


class Conversion:
    """
    A planned conversion. Nothing has been written when it is made, and it has been proved to lose nothing.

    Attributes:
        source: the checkpoint that is read.
        layout: it, seen through the program.
        shards: the files to write.
        copied: bytes by engine, once it has run.
    """

    def __init__(self, program: Program, source: Path, output: Path, options: Options) -> None:
        """
        Raises:
            UserError: the conversion cannot be made; nothing has been touched.
        """
        check_apart(source, output)
        self.program = program
        self.output = output
        self.options = options
        _, config = read_config(source)
        if config.get("model_type") != program.model_type:
            raise UserError(
                f"{source} is a {config.get('model_type')} model; this program was compiled for {program.model_type}"
            )
        self.source = read_folder(source)
        self.layout = Layout(program, self.source.tensors)
        self.shards = plan_shards(self.layout, options.max_shard_bytes)
        prove(self.layout, self.source.files, self.shards)
        self.copied = dict.fromkeys(ENGINES, 0)
        self._shares = False

    @property
    def bytes(self) -> int:
        """Bytes to write."""
        return sum(shard.size for shard in self.shards)

    @property
    def is_finished(self) -> bool:
        """Whether the output holds what this conversion makes, from this source, and no run is unfinished."""
        if not (self.output / MANIFEST).is_file() or (self.output / JOURNAL).exists():
            return False
        found = read_manifest(self.output)
        wanted = manifest_of(self.program, self.source, self.shards, None)
        return all(found.get(key) == wanted[key] for key in ("program", "source", "files")) and all(
            (self.output / shard.name).is_file() and (self.output / shard.name).stat().st_size == shard.size
            for shard in self.shards
        )

    def run(self, progress: Progress) -> None:
        """
        Convert, or go on where an earlier run stopped.

        Raises:
            UserError: it cannot go on; what is done is kept, and the next run goes on from there.
            VerificationError: what is on the disk is not what was read. The file has not got its name.
            StoppedError: a signal came in.
        """
        names = [*(shard.name for shard in self.shards), *self.source.others, INDEX, MANIFEST]
        check_free(self.output, names)
        make_folder(self.output)
        journal = Journal(self.output, self._head())
        try:
            remove_left_over(self.output)
            missing = [shard for shard in self.shards if not self._is_done(shard, journal)]
            self._shares = "reflink" in self.options.engines and len(missing) > 0 and self._can_share()
            check_room(self.output, self._needed(missing))
            progress.total = sum(shard.size for shard in missing) * (2 if self.options.verify else 1)
            for shard in missing:
                journal.record(shard.name, self._write(shard, progress))
            progress.begin("finishing")
            self._finish(journal)
            # A journal that is still there after a power cut makes the next run look, and find all done.
            journal.remove()
        except OSError as error:
            raise UserError(_sentence(error, self.output)) from error
        finally:
            journal.close()

    def _head(self) -> dict[str, object]:
        return {
            "version": 1,
            "program": self.program.digest(),
            "source": [file.identity for file in self.source.files],
            "files": [[shard.name, shard.size] for shard in self.shards],
        }

    def _is_done(self, shard: Shard, journal: Journal) -> bool:
        path = self.output / shard.name
        if shard.name not in journal.done or not path.is_file() or path.stat().st_size != shard.size:
            return False
        return not self.options.verify or "digests" in journal.done[shard.name]

    def _needed(self, shards: list[Shard]) -> int:
        """Bytes of the disk: shared blocks take none."""
        return sum(shard.size - (shard.shared if self._shares else 0) for shard in shards)

    def _can_share(self) -> bool:
        """Try it on one block, between a source file and a file in the output."""
        file = next((file for file in self.source.files if file.size > 1 << 17), None)
        if file is None:
            return False
        copier = Copier(-1, advance=lambda _: None, engines=("reflink",))
        with open(self.source.folder / file.name, "rb") as stream, scratch_file(self.output) as copier.target:
            copier.share(stream.fileno(), Range(0, 0, 0, 1 << 16))
        return copier.copied["reflink"] > 0

    def _write(self, shard: Shard, progress: Progress) -> dict[str, object]:
        """Write one file, and return what the journal keeps of it."""
        digests: dict[str, str] = {}

        def verify(target: int) -> None:
            progress.begin(f"verifying {shard.name}")
            forget_cache(target)
            digests.update(self._compare(shard, target, progress))

        with new_file(self.output, shard.name, verify if self.options.verify else None) as target:
            progress.begin(f"writing {shard.name}")
            os.truncate(target, shard.size)
            write_all(target, shard.header, 0)
            copier = Copier(target, advance=progress.advance, engines=self.options.engines)
            ranges = self._ranges(shard)
            if self._shares:
                self._share(copier, ranges)
            else:
                self._each(ranges, copier.copy)
            for engine, size in copier.copied.items():
                self.copied[engine] += size
        return {"size": shard.size, **({"digests": digests} if self.options.verify else {})}

    def _ranges(self, shard: Shard) -> list[Range]:
        """What a file is made of."""
        return merged(
            [
                Range(span.file, span.begin, slot.begin + span.at, span.size)
                for slot in shard.slots
                for span in self.layout.spans(slot.target)
            ]
        )

    def _share(self, copier: Copier, ranges: list[Range]) -> None:
        """Copy what cannot be shared first: it goes to the disk while blocks are shared."""
        apart = [span for span in ranges if not can_share(span)]
        self._each(apart, copier.copy)
        if sum(span.size for span in apart) > TASK_BYTES:
            begin_flush(copier.target)
        rest = sorted((span for span in ranges if can_share(span)), key=lambda span: span.at)
        for start in range(0, len(rest), FEW):
            edges, blocks = parted(rest[start : start + FEW])
            self._each(blocks, copier.share)
            for task in _tasks(edges):
                with self._open(task[0].file) as source:
                    copier.join(source, task)

    def _each(self, ranges: list[Range], do: Callable[[int, Range], None]) -> None:
        """Call `do` with each range and a descriptor of its source, on several threads."""

        def copy(task: list[Range]) -> None:
            with self._open(task[0].file) as source:
                for span in task:
                    do(source, span)

        work(_tasks(ranges), copy, self.options.jobs)

    def _compare(self, shard: Shard, target: int, progress: Progress) -> dict[str, str]:
        """Read both sides of every range back; by tensor, the digests of its pieces, in its order, as hex."""
        if os.pread(target, shard.data_start, 0) != shard.header:
            raise VerificationError(f"{shard.name}: the header on the disk is not what was written")
        found = {
            slot.target.name: bytearray(32 * sum(1 for _ in self.layout.spans(slot.target))) for slot in shard.slots
        }

        def compare(task: list[Pair]) -> None:
            with self._open(task[0].span.file) as source:
                for slot, number, span in task:
                    wanted = digest_of(source, span.begin, span.size, _ignore)
                    if digest_of(target, slot.begin + span.at, span.size, progress.advance) != wanted:
                        raise VerificationError(f"{shard.name}: {self._name(slot, span)} is not what the source holds")
                    found[slot.target.name][32 * number : 32 * number + 32] = wanted

        pairs = [
            Pair(slot, number, span)
            for slot in shard.slots
            for number, span in enumerate(self.layout.spans(slot.target))
        ]
        pairs.sort(key=lambda pair: pair.span)
        work(_tasks(pairs), compare, self.options.jobs)
        return {name: digests.hex() for name, digests in found.items()}

    def _name(self, slot: Slot, span: Span) -> str:
        if span.piece == CARRIED:
            return slot.target.name
        piece = self.program.pieces[span.piece].name
        return f"{slot.target.name} ({piece} of expert {span.expert})"

    @contextmanager
    def _open(self, number: int) -> Iterator[int]:
        """A descriptor of a source file that is still the file of which the header was read."""
        file = self.source.files[number]
        with open(self.source.folder / file.name, "rb", buffering=0) as stream:
            self._check_same(number, os.fstat(stream.fileno()))
            yield stream.fileno()
            self._check_same(number, os.fstat(stream.fileno()))

    def _check_same(self, number: int, status: os.stat_result) -> None:
        file = self.source.files[number]
        if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
            raise UserError(f"{file.name} has changed since the conversion began; remove {self.output} and start again")

    def _finish(self, journal: Journal) -> None:
        """
        What makes a checkpoint of the files: the manifest, what goes with the weights, config.json, the index. The last
        ones are written when all others have their names on the disk too.
        """
        digests = self._digests(journal)
        put_json(self.output, MANIFEST, manifest_of(self.program, self.source, self.shards, digests))
        copy_others(self.source, self.output)
        flush(self.output)
        put_config(self.source, self.output, self.options.config)
        flush(self.output)
        if len(self.shards) > 1:
            put_json(self.output, INDEX, index_of(self.source, self.shards))
            flush(self.output)

    def _digests(self, journal: Journal) -> Digests | None:
        digests = Digests(self.program.pieces, self.layout.layers)
        for shard in self.shards:
            recorded = journal.done[shard.name].get("digests")
            if not isinstance(recorded, dict):
                return None
            for slot in shard.slots:
                found = bytes.fromhex(recorded[slot.target.name])
                if slot.target.layer == CARRIED:
                    digests.carried[slot.target.name] = found
                    continue
                for number, span in enumerate(self.layout.spans(slot.target)):
                    digests.put(span.piece, slot.target.layer, span.expert, found[32 * number : 32 * number + 32])
        return digests


class Pair(NamedTuple):
    """A range to compare: the `number`-th of a tensor."""

    slot: Slot
    number: int
    span: Span


def index_of(source: Checkpoint, shards: list[Shard]) -> dict[str, object]:
    """The index, as transformers has it."""
    metadata = {} if source.parameters is None else {"total_parameters": source.parameters}
    metadata["total_size"] = sum(slot.target.size for shard in shards for slot in shard.slots)
    weight_map = {slot.target.name: shard.name for shard in shards for slot in shard.slots}
    return {"metadata": metadata, "weight_map": dict(sorted(weight_map.items()))}


def _tasks(items: list) -> Iterator[list]:
    """Neighbours of one source file, some 64 MiB at a time."""
    task: list = []
    size, file = 0, -1
    for item in items:
        span = item.span if isinstance(item, Pair) else item
        if task and (size + span.size > TASK_BYTES or span.file != file):
            yield task
            task, size = [], 0
        task.append(item)
        size += span.size
        file = span.file
    if task:
        yield task


def _ignore(size: int) -> None:
    """Bytes of the source are not counted: those of the target are."""


def _sentence(error: OSError, output: Path) -> str:
    place = error.filename or output
    return f"{place}: {error.strerror or error}; what is done is kept: mend it and run the same command to go on"
