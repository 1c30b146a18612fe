"""Write checkpoints behind the step: one at a time, visible when complete, and never the reason that a run ends."""

from __future__ import annotations

import json
import shutil
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint import CheckpointException, FileSystemWriter
from torch.distributed.checkpoint.planner import SavePlan, SavePlanner
from torch.distributed.checkpoint.storage import WriteResult
from torch.futures import Future

from planc_runtime.checkpoint import folder
from planc_runtime.checkpoint.planner import PieceSavePlanner, State
from planc_runtime.checkpoint.ranks import Ranks, is_loss
from planc_runtime.output import warn

# Said once a save by torch where one process saves alone, as it should.
warnings.filterwarnings("ignore", message="torch.distributed is disabled, unavailable or uninitialized")


@dataclass
class Save:
    """
    Everything that a checkpoint is made of, copied: nothing of it changes while it is written.

    Attributes:
        state: the tensors that this rank holds, in host memory.
        own: content of this rank's own file.
        shared: contents of the files that rank 0 writes, by name.
        manifest: planc.json but for the list of files.
    """

    state: State
    own: bytes
    shared: dict[str, bytes]
    manifest: dict[str, Any]


class SaveError(Exception):
    """A save failed, on some rank; the message names it and why."""


class PlainWriter(FileSystemWriter):
    """Says what the file system said, where torch reports what it made of that: "unexpected pos 704 vs 598"."""

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[list[WriteResult]]:
        try:
            return super().write_data(plan, planner)
        except Exception as problem:
            cause: BaseException | None = problem
            while cause is not None and not isinstance(cause, OSError):
                cause = cause.__cause__ or cause.__context__
            raise cause or problem from None


class Writer:
    """Saves of a run. Every rank makes the same calls; the writing is done by a thread on each, over a group of its own."""

    def __init__(self, output: Path, *, keep: Callable[[], int | None]) -> None:
        """
        Args:
            output: the run's folder.
            keep: number of checkpoints to keep, asked for after each save; None for all.
        """
        self.output = output
        self.keep = keep
        self.ranks = Ranks()
        self.thread: threading.Thread | None = None
        self.failure: str | None = None
        self.has_lost_ranks = False
        # A thread begins on the first GPU, whichever the rank has.
        self.device = torch.cuda.current_device() if torch.cuda.is_available() else None

    def wait(self) -> str | None:
        """Wait for the save under way; why the last one failed, or None."""
        if self.thread is not None:
            self.thread.join()
            self.thread = None
        return self.failure

    def start(self, step: int, make: Callable[[], Save]) -> None:
        """Begin a save with what `make` returns, after the one before has ended. `make` runs before this returns."""
        self.wait()
        save, error = None, None
        try:
            save = make()
        except (OSError, MemoryError, RuntimeError) as problem:  # no host memory for the copies
            error = str(problem) or type(problem).__name__
        self.thread = threading.Thread(target=self._run, args=(step, save, error), daemon=True)
        self.thread.start()

    def _run(self, step: int, save: Save | None, error: str | None) -> None:
        began = time.monotonic()
        if self.device is not None:
            torch.cuda.set_device(self.device)
        unfinished = self.output / folder.unfinished_name(step)
        try:
            self._agree(error)
            self._write(step, save, unfinished)
            self.failure = None
        except Exception as problem:
            self.failure = str(problem)
            self.has_lost_ranks = is_loss(problem)
            if self.ranks.rank == 0:
                shutil.rmtree(unfinished, ignore_errors=True)
            name = folder.complete_name(step)
            warn(f"{name} was not saved: {problem}; the training goes on")
            return
        if self.ranks.rank == 0:
            seconds = time.monotonic() - began
            print(f"saved {self.output / folder.complete_name(step)} in {seconds:.1f} s", flush=True)

    def _write(self, step: int, save: Save, unfinished: Path) -> None:
        self._first(lambda: _make_empty(unfinished))
        try:
            dcp.save(
                {},
                # Copying ahead would wait, again and again, for what the steps have asked of the GPU.
                storage_writer=PlainWriter(unfinished, per_thread_copy_ahead=0),
                planner=PieceSavePlanner(save.state),
                process_group=self.ranks.group,
                no_dist=self.ranks.group is None,
            )
        except CheckpointException as problem:
            reasons = (f"rank {rank}: {error[0]}" for rank, error in sorted(problem.failures.items()))
            raise SaveError("; ".join(reasons)) from problem

        def write_own() -> dict[str, int]:
            folder.write_durably(unfinished / folder.rank_name(self.ranks.rank), save.own)
            if self.ranks.rank == 0:
                for name, content in save.shared.items():
                    folder.write_durably(unfinished / name, content)
            return self._own_sizes(unfinished, save)

        sizes, error = _attempt(write_own)
        files = {name: size for part in self._agree(error, sizes) for name, size in part.items()}

        def publish() -> None:
            manifest = {**save.manifest, "files": dict(sorted(files.items()))}
            folder.write_durably(unfinished / folder.MANIFEST, json.dumps(manifest, indent=1).encode())
            folder.publish(unfinished, self.output / folder.complete_name(step))

        self._first(publish)
        if self.ranks.rank == 0:
            try:
                folder.keep_last(self.output, self.keep())
            except OSError as problem:
                warn(f"an old checkpoint was not deleted: {problem}")

    def _own_sizes(self, unfinished: Path, save: Save) -> dict[str, int]:
        """Files that this rank wrote. Another machine may not see them yet, or see them shorter."""
        rank = self.ranks.rank
        names = [folder.rank_name(rank), *(path.name for path in unfinished.glob(f"__{rank}_*.distcp"))]
        if rank == 0:
            names += [".metadata", *save.shared]
        return {name: (unfinished / name).stat().st_size for name in names}

    def _first(self, function: Callable[[], None]) -> None:
        """Run something on rank 0; raise on every rank if it failed."""
        self._agree(_attempt(function)[1] if self.ranks.rank == 0 else None)

    def _agree(self, error: str | None, value: Any = None) -> list[Any]:
        """What every rank has, or a `SaveError` with the errors of those that failed."""
        found = self.ranks.gather((error, value))
        errors = [f"rank {rank}: {error}" for rank, (error, _) in enumerate(found) if error is not None]
        if errors:
            raise SaveError("; ".join(errors))
        return [value for _, value in found]


def _attempt(function: Callable[[], Any]) -> tuple[Any, str | None]:
    try:
        return function(), None
    except Exception as problem:
        return None, str(problem) or type(problem).__name__


def _make_empty(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
