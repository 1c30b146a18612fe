"""Where a conversion reads and writes: what must not be the same, must be empty, or must have room."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from planc_runtime.convert.folder import JOURNAL, MANIFEST
from planc_runtime.convert.progress import amount
from planc_runtime.errors import UserError


def check_apart(source: Path, output: Path) -> None:
    """Raise unless the two folders have nothing in common, whatever names and links lead to them."""
    if output.is_symlink():
        raise UserError(f"{output} is a symbolic link to {os.readlink(output)}; name the folder itself")
    real_source, real_output = source.resolve(), output.resolve()
    if real_source == real_output or (output.exists() and os.path.samefile(source, output)):
        raise UserError(f"{output} is the source itself; a conversion never writes in place")
    if real_source in real_output.parents:
        raise UserError(f"{output} lies inside of the source; name a folder elsewhere")
    if real_output in real_source.parents:
        raise UserError(f"the source lies inside of {output}; name a folder elsewhere")
    if output.exists() and not output.is_dir():
        raise UserError(f"{output} is a file")


def check_free(output: Path, ours: Iterable[str]) -> None:
    """Raise unless the output is empty, or holds this conversion, unfinished. `ours`: names that it will write."""
    if not output.exists():
        return
    names = set(os.listdir(output))
    if JOURNAL not in names:
        if MANIFEST in names:
            raise UserError(f"{output} holds another conversion, which is finished; name another folder")
        if names:
            raise UserError(f"{output} is not empty (it holds {min(names)}); name another folder")
        return
    for name in sorted(names.intersection(ours)):
        if (output / name).is_symlink():
            raise UserError(f"{output / name} is a symbolic link; remove it")


def make_folder(output: Path) -> None:
    """Make the output and the folders above it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make {output}: {error.strerror}") from error
    if not os.access(output, os.W_OK | os.X_OK):
        raise UserError(f"{output} cannot be written to")


def free_bytes(folder: Path) -> int | None:
    """Bytes that this user can still write there; None where the system does not tell. Quotas are not seen."""
    while not folder.exists():
        folder = folder.parent
    if not hasattr(os, "statvfs"):
        return None
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def check_room(output: Path, needed: int) -> None:
    """Raise unless `needed` bytes fit."""
    free = free_bytes(output)
    if free is not None and free < needed:
        raise UserError(
            f"{output} has room for {amount(free)}; {amount(needed)} are still to be written; free some, or name a"
            " folder on another disk"
        )
