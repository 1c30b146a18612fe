"""A conversion from beginning to end: plan, prove, copy, read back, finish."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from planc_runtime.convert.companions import copy_companions, put_config, read_config
from planc_runtime.convert.comparing import compare
from planc_runtime.convert.copying import ENGINES, Copier, write_all
from planc_runtime.convert.digests import Digests, forget_cache
from planc_runtime.convert.filling import can_share_blocks, fill
from planc_runtime.convert.folder import JOURNAL, MANIFEST, read_folder
from planc_runtime.convert.journal import Journal
from planc_runtime.convert.manifest import manifest_of, read_manifest
from planc_runtime.convert.output_folder import check_apart, check_free, check_room, make_folder
from planc_runtime.convert.program import Program
from planc_runtime.convert.progress import Progress
from planc_runtime.convert.proof import prove
from planc_runtime.convert.shards import Shard, index_of, plan_shards
from planc_runtime.convert.tasks import SourceFiles
from planc_runtime.convert.tensors import CARRIED, Layout
from planc_runtime.errors import UserError
from planc_runtime.hub.shards import INDEX
from planc_runtime.writing import flush, new_file, put_json, remove_left_over


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
        self._sources = SourceFiles(self.source, output)
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
            wants_sharing = "reflink" in self.options.engines and len(missing) > 0
            self._shares = wants_sharing and can_share_blocks(self._sources)
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

    def _write(self, shard: Shard, progress: Progress) -> dict[str, object]:
        """Write one file, and return what the journal keeps of it."""
        digests: dict[str, str] = {}

        def verify(target: int) -> None:
            progress.begin(f"verifying {shard.name}")
            forget_cache(target)
            jobs, advance = self.options.jobs, progress.advance
            digests.update(compare(target, shard, self.layout, self._sources, advance=advance, jobs=jobs))

        with new_file(self.output, shard.name, verify if self.options.verify else None) as target:
            progress.begin(f"writing {shard.name}")
            os.truncate(target, shard.size)
            write_all(target, shard.header, 0)
            copier = Copier(target, advance=progress.advance, engines=self.options.engines)
            fill(copier, shard, self.layout, self._sources, shares=self._shares, jobs=self.options.jobs)
            for engine, size in copier.copied.items():
                self.copied[engine] += size
        return {"size": shard.size, **({"digests": digests} if self.options.verify else {})}

    def _finish(self, journal: Journal) -> None:
        """
        What makes a checkpoint of the files: the manifest, what goes with the weights, config.json, the index. The last
        ones are written when all others have their names on the disk too.
        """
        digests = self._digests(journal)
        put_json(self.output, MANIFEST, manifest_of(self.program, self.source, self.shards, digests))
        copy_companions(self.source, self.output)
        flush(self.output)
        put_config(self.source, self.output, self.options.config)
        flush(self.output)
        if len(self.shards) > 1:
            put_json(self.output, INDEX, index_of(self.source.parameters, self.shards))
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


def _sentence(error: OSError, output: Path) -> str:
    path = error.filename or output
    return f"{path}: {error.strerror or error}; what is done is kept: mend it and run the same command to go on"
