"""An export from beginning to end: read, compare, write each file, read it back, finish."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from planc_runtime.errors import UserError
from planc_runtime.export.companions import CONFIG, Companions, find_base, find_companions
from planc_runtime.export.content import Content
from planc_runtime.export.manifest import Digests, manifest_of
from planc_runtime.export.output_folder import MANIFEST, OutputFolder
from planc_runtime.export.shards import Shard, index_of, plan_shards
from planc_runtime.export.slots import Slot, copy_file, digest_of, forget_cache, slots_of, write_all
from planc_runtime.export.table import Span, Stored, Table
from planc_runtime.hub.shards import INDEX
from planc_runtime.parts.base import Base, read_bytes
from planc_runtime.workers import work
from planc_runtime.writing import new_file, put_json, put_text


class VerificationError(Exception):
    """What is on the disk is not what was written."""


@dataclass(frozen=True)
class Options:
    """`dtype` is "bfloat16" or "float32", `max_shard_bytes` the most of a file's tensors, `source` as of --source."""

    layout: str
    dtype: str
    max_shard_bytes: int
    source: Path | None = None
    jobs: int = 1


class Export:
    """
    An export that has been looked through: nothing is written yet, and names and shapes agree with the plan's model.

    Attributes:
        content: what is read.
        shards: the files to write.
        companions: what goes with them.
    """

    def __init__(self, content: Content, table: Table, lock: dict[str, Any], options: Options) -> None:
        """
        Args:
            table: of the options' layout and format.

        Raises:
            UserError: the export cannot be made.
        """
        self.content = content
        self.lock = lock
        self.options = options
        self.companions: Companions = find_companions(
            content, lock, options.source, layout=options.layout, dtype=options.dtype
        )
        carried = _carried(lock, options.source)
        self.shards = plan_shards([*table.stored, *carried], options.max_shard_bytes)

    @property
    def bytes(self) -> int:
        """Bytes of all files of weights."""
        return sum(shard.size for shard in self.shards)

    def write(self, output: Path) -> None:
        """
        Write the Hub checkpoint. A failure leaves nothing of it.

        Raises:
            UserError: the output cannot be written to, or what is read is damaged.
            VerificationError: the disk gave back something else than was written.
        """
        others = sum(path.stat().st_size for path in self.companions.files.values())
        identity = self._identity()
        names = [*(shard.name for shard in self.shards), *self.companions.files, MANIFEST, INDEX, CONFIG]
        folder = OutputFolder(output, identity, names=names, sources=self.content.reads, needed=self.bytes + others)
        try:
            digests = Digests()
            for shard in self.shards:
                self._write_shard(output, shard, digests)
                print(f"{shard.name}  {len(shard.tensors):,} tensors, {shard.size / 1e9:.2f} GB", flush=True)
            for name, path in self.companions.files.items():
                copy_file(path, output, name)
            put_json(output, MANIFEST, manifest_of(identity, self.content.about, self.shards, digests))
            if len(self.shards) > 1:
                put_json(output, INDEX, index_of(self.shards))
            put_text(output, CONFIG, self.companions.config)
            folder.finish()
        except BaseException as error:
            folder.give_up()
            if isinstance(error, OSError):
                raise UserError(
                    f"{error.filename or output}: {error.strerror or error}; nothing is left there"
                ) from error
            raise

    def _identity(self) -> dict[str, Any]:
        return {
            "model_type": self.lock["model"]["model_type"],
            "layout": self.options.layout,
            "dtype": self.options.dtype,
            "files": [[shard.name, shard.size] for shard in self.shards],
            "config.json": hashlib.sha256(self.companions.config).hexdigest(),
            "source": self.content.identity,
        }

    def _views(self, slot: Slot) -> Iterator[memoryview]:
        """The bytes of a piece, in their order."""
        box = slot.piece.box
        if isinstance(box, Span):
            yield from map(memoryview, read_bytes(box))
            return
        blocks = self.content.blocks(box, getattr(torch, slot.dtype))
        if slot.piece.turned:
            blocks = iter([torch.cat(list(blocks)).view(box.size).transpose(-2, -1).reshape(-1)])
        for block in blocks:
            yield memoryview(block.view(torch.uint8).numpy())

    def _write_shard(self, output: Path, shard: Shard, digests: Digests) -> None:
        slots = list(slots_of(shard))
        found: dict[int, bytes] = {}

        def write(target: int, number: int) -> None:
            digest = hashlib.sha256()
            at = slots[number].begin
            for view in self._views(slots[number]):
                digest.update(view)
                write_all(target, view, at)
                at += len(view)
            found[number] = digest.digest()

        def compare(target: int, number: int) -> None:
            if digest_of(target, slots[number]) != found[number]:
                raise VerificationError(f"{output / shard.name}: the disk gave back another {slots[number].name}")

        def prove(target: int) -> None:
            forget_cache(target)
            if os.pread(target, len(shard.header), 0) != shard.header:
                raise VerificationError(f"{output / shard.name}: the disk gave back another header")
            work(range(len(slots)), lambda number: compare(target, number), self.options.jobs)

        with new_file(output, shard.name, prove) as target:
            os.truncate(target, shard.size)
            write_all(target, memoryview(shard.header), 0)
            work(range(len(slots)), lambda number: write(target, number), self.options.jobs)
        for number, slot in enumerate(slots):
            digests.put(slot.piece, slot.name, found[number])


def _carried(lock: dict[str, Any], source: Path | None) -> tuple[Stored, ...]:
    """What stands beside the text model of a model of several parts; nothing of another one."""
    if not lock["model"].get("towers"):
        return ()
    needed = f"of {lock['model']['model_type']} the run trains the text model alone, and the base has the other parts"
    return Base.read(find_base(lock, source, needed=needed), lock).carried
