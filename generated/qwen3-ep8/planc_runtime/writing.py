"""Put files into a folder so that each is either whole, on the disk and under its name, or not there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".planc.tmp"
FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def new_file(folder: Path, name: str, prove: Callable[[int], None] | None = None) -> Iterator[int]:
    """
    A descriptor of a file that gets its name when the block ends well, and is removed when it does not. What it holds is
    on the disk by then; that it has its name outlasts a power cut once `flush` is called.

    Args:
        prove: called with the descriptor when all is on the disk; what it raises keeps the file from getting its name.
    """
    temporary = folder / f".{name}{SUFFIX}"
    descriptor = os.open(temporary, FLAGS, 0o666)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
            if prove is not None:
                prove(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, folder / name)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def scratch_file(folder: Path) -> Iterator[int]:
    """A descriptor of a file that is removed when the block ends."""
    temporary = folder / f".scratch{SUFFIX}"
    descriptor = os.open(temporary, FLAGS, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        temporary.unlink()


def put_text(folder: Path, name: str, content: bytes) -> None:
    """Write a small file."""
    with new_file(folder, name) as descriptor:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]


def put_json(folder: Path, name: str, content: dict[str, object]) -> None:
    """Write an object, a piece at a time: its text may be as large as everything else that is held."""
    with new_file(folder, name) as descriptor, open(descriptor, "w", encoding="utf-8", closefd=False) as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")


def flush(folder: Path) -> None:
    """Make renames in a folder outlast a power cut, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems flush no folders
    finally:
        os.close(descriptor)


def remove_left_over(folder: Path) -> None:
    """Remove what killed runs have left. The caller holds the folder's lock."""
    for name in os.listdir(folder):
        if name.startswith(".") and name.endswith(SUFFIX):
            (folder / name).unlink()
