"""The journal of a conversion: what it is of, and which files are done, so that a killed run can go on."""

from __future__ import annotations

import json
import os
from pathlib import Path

from planc_runtime.convert.folder import JOURNAL
from planc_runtime.errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class Journal:
    """
    Lines of JSON in the target's folder: first what is converted, then a line for each file that is done. Held locked
    while the conversion runs.

    Attributes:
        done: shard name to what was recorded of it.
    """

    def __init__(self, folder: Path, head: dict[str, object]) -> None:
        """
        Begin, or go on with what is there.

        Args:
            head: what the conversion is of: program, source, target files.
        Raises:
            UserError: another run is at work, or the folder holds the journal of another conversion.
        """
        self.path = folder / JOURNAL
        self.done: dict[str, dict[str, object]] = {}
        if self.path.is_symlink():
            raise UserError(f"{self.path} is a symbolic link; remove it")
        self._stream = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            self._lock()
            self._read(head)
        except BaseException:
            self._stream.close()
            raise

    def record(self, shard: str, what: dict[str, object]) -> None:
        """Note that a file is done, and return once the note is on the disk."""
        self.done[shard] = what
        self._append({"shard": shard, **what})

    def close(self) -> None:
        self._stream.close()

    def remove(self) -> None:
        """The conversion is over."""
        self.path.unlink()
        self._stream.close()

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another conversion is writing to {self.path.parent}") from error
        except OSError:
            return  # a file system without locks

    def _read(self, head: dict[str, object]) -> None:
        text = self._stream.read()
        # A line that was cut off by a kill has no line break, and what it says has not been promised.
        whole = text.rfind(b"\n") + 1
        lines = text[:whole].split(b"\n")[:-1]
        self._stream.truncate(whole)
        self._stream.seek(0, os.SEEK_END)
        if not lines:
            # It goes to the disk with the first line that promises anything.
            self._write(head)
            return
        try:
            found, *rest = map(json.loads, lines)
            for line in rest:
                self.done[line.pop("shard")] = line
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{self.path} is damaged; remove {self.path.parent} and start again") from error
        for key, value in json.loads(json.dumps(head)).items():
            if not isinstance(found, dict) or found.get(key) != value:
                raise UserError(
                    f"{self.path.parent} holds an unfinished conversion of which {key} differs; remove the folder, or"
                    " name another"
                )

    def _append(self, line: dict[str, object]) -> None:
        self._write(line)
        os.fsync(self._stream.fileno())

    def _write(self, line: dict[str, object]) -> None:
        self._stream.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._stream.flush()
