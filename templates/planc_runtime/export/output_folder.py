"""The folder that an export writes to: empty, or the same export unfinished; with room; one writer at a time."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.writing import SUFFIX, flush, put_json

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# There while an export is unfinished; it says which.
UNFINISHED = "planc-export.unfinished"
MANIFEST = "planc-export.json"


class OutputFolder:
    """An output folder, taken for one export."""

    def __init__(
        self, folder: Path, identity: dict[str, Any], *, names: Iterable[str], sources: Iterable[Path], needed: int
    ) -> None:
        """
        Take the folder, and empty it of what an earlier run of the same export has left.

        Args:
            identity: what the export is of; what an unfinished one must agree with.
            names: of the files that it writes.
            sources: the folders that are read, which must lie elsewhere.
            needed: bytes to be written.
        Raises:
            UserError: it is not empty, has no room, or cannot be written to. Nothing in it has been touched.
        """
        self.folder = folder
        self._names = {*names, *(f".{name}{SUFFIX}" for name in names), UNFINISHED, f".{UNFINISHED}{SUFFIX}"}
        _check_apart(sources, folder)
        self._is_new = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._take()
            try:
                _check_free(folder, identity, self._names)
                _check_room(folder, needed)
                self._clear()
            except BaseException:
                if self._is_new:
                    folder.rmdir()
                self._release()
                raise
            put_json(folder, UNFINISHED, identity)
        except OSError as error:
            raise UserError(f"cannot write to {folder}: {error.strerror or error}") from error

    def give_up(self) -> None:
        """Leave nothing of a failed export, as far as the disk allows."""
        with contextlib.suppress(OSError):
            self._clear()
            if self._is_new:
                self.folder.rmdir()
        self._release()

    def finish(self) -> None:
        """The export is complete."""
        (self.folder / UNFINISHED).unlink()
        flush(self.folder)
        self._release()

    def _take(self) -> int | None:
        if fcntl is None:
            return None
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise UserError(f"another export is writing to {self.folder}") from error
        except OSError:
            pass  # a file system without locks
        return descriptor

    def _clear(self) -> None:
        """Remove what an export has written. The note that it is unfinished goes last."""
        ours = self._names.intersection(os.listdir(self.folder))
        for name in sorted(ours - {UNFINISHED}) + sorted(ours & {UNFINISHED}):
            (self.folder / name).unlink()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _check_apart(sources: Iterable[Path], folder: Path) -> None:
    if folder.is_symlink():
        raise UserError(f"{folder} is a symbolic link to {os.readlink(folder)}; name the folder itself")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file")
    if {source.resolve() for source in sources} & {folder.resolve(), *folder.resolve().parents}:
        raise UserError(f"{folder} lies in the checkpoint that is read; name a folder elsewhere")


def _check_free(folder: Path, identity: dict[str, Any], ours: set[str]) -> None:
    names = set(os.listdir(folder))
    if not names:
        return
    if UNFINISHED not in names:
        # Killed before it could say what it is.
        if names == {f".{UNFINISHED}{SUFFIX}"}:
            return
        what = "holds a finished export" if MANIFEST in names else f"is not empty (it holds {min(names)})"
        raise UserError(f"{folder} {what}; name another folder")
    try:
        found = json.loads((folder / UNFINISHED).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {folder / UNFINISHED}: {error}; remove {folder}") from error
    if found != json.loads(json.dumps(identity)):
        keys = [key for key, value in identity.items() if not isinstance(found, dict) or found.get(key) != value]
        raise UserError(
            f"{folder} holds an unfinished export of which {' and '.join(keys) or 'something'} differs; remove it, or"
            " name another folder"
        )
    if names - ours:
        raise UserError(
            f"{folder} holds {min(names - ours)}, which no export has written; remove it, or name another folder"
        )


def _check_room(folder: Path, needed: int) -> None:
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    status = os.statvfs(existing)
    free = status.f_bavail * status.f_frsize
    # What an unfinished export has left will be removed.
    left = [path.stat().st_size for path in folder.iterdir()] if folder.is_dir() else []
    if free + sum(left) < needed:
        raise UserError(
            f"{existing} has room for {free / 1e9:.2f} GB, the export takes {needed / 1e9:.2f} GB; free some, or name a"
            " folder on another disk with --output"
        )
