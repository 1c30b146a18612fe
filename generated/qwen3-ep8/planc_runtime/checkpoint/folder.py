"""The folders of a run's checkpoints: OUTPUT/checkpoint-<step>/, complete when it has that name. Standard library only."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError

VERSION = 1
MANIFEST = "planc.json"
TRAINER_STATE = "trainer_state.json"
TRAINER = "trainer.pt"

# Folders of a save that is under way, and of a checkpoint that is being deleted.
LEFTOVER = re.compile(r"\.checkpoint-\d+\.(tmp|old)")
COMPLETE = re.compile(r"checkpoint-(\d+)")


def complete_name(step: int) -> str:
    return f"checkpoint-{step}"


def unfinished_name(step: int) -> str:
    return f".checkpoint-{step}.tmp"


def rank_name(rank: int) -> str:
    """The file of a rank's own state, its random number generators first of all."""
    return f"rng-{rank}.pt"


def checkpoints(output: Path) -> list[Path]:
    """The complete checkpoints in an output folder, oldest first. A folder without our manifest is not one of them."""
    if not output.is_dir():
        return []
    found = [(int(match[1]), path) for path in output.iterdir() if (match := COMPLETE.fullmatch(path.name))]
    return [path for _, path in sorted(found) if (path / MANIFEST).is_file()]


def remove_leftovers(output: Path) -> None:
    """Delete what saves and deletions that were killed have left. Nobody else may be saving here."""
    if output.is_dir():
        for path in output.iterdir():
            if LEFTOVER.fullmatch(path.name):
                shutil.rmtree(path)


def keep_last(output: Path, limit: int | None) -> None:
    """Delete all but the last `limit` checkpoints; None and 0 keep them all."""
    for path in checkpoints(output)[:-limit] if limit else []:
        remove(path)


def remove(path: Path) -> None:
    """Delete a checkpoint. It loses its name first: no folder of that name is ever half deleted."""
    doomed = path.with_name(f".{path.name}.old")
    if doomed.exists():
        shutil.rmtree(doomed)
    path.rename(doomed)
    shutil.rmtree(doomed)


def read_manifest(folder: Path) -> dict[str, Any]:
    """
    A checkpoint's manifest, after its files were found to be there with the sizes that it names.

    Raises:
        UserError: it is no complete checkpoint; the message names the file.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version, files = manifest["version"], manifest["files"]
    except FileNotFoundError as error:
        raise UserError(f"{folder} is no checkpoint that can be resumed: it has no {MANIFEST}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / MANIFEST} cannot be read: {error}") from error
    if version != VERSION:
        raise UserError(f"{folder} is a checkpoint of version {version}; this bundle reads version {VERSION}")
    for name, size in files.items():
        try:
            found = (folder / name).stat().st_size
        except OSError as error:
            raise UserError(f"{folder / name} is missing; resume from another checkpoint with --resume PATH") from error
        if found != size:
            raise UserError(
                f"{folder / name} has {found:,} bytes instead of {size:,}; resume from another checkpoint with --resume PATH"
            )
    return manifest


def write_durably(path: Path, content: bytes) -> None:
    with open(path, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def publish(unfinished: Path, complete: Path) -> None:
    """
    Give a folder whose files are on the disk its name.

    Raises:
        FileExistsError: something else has that name.
    """
    sync_folder(unfinished)
    if complete.exists():
        raise FileExistsError(errno.EEXIST, "it is there already, and not from this run", str(complete))
    unfinished.rename(complete)
    sync_folder(complete.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
