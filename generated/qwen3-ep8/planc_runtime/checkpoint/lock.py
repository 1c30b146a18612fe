"""One run at a time in an output folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
from pathlib import Path
from typing import IO

from planc_runtime.errors import UserError

NAME = ".planc.lock"

# What file systems answer that have no locks.
WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


def lock_folder(output: Path) -> IO[str]:
    """
    Take an output folder for this process, until it ends or closes what is returned.

    The lock is the kernel's: it is gone when its process is, whatever ended it. Over a network it holds between
    machines only where the file system says so.

    Raises:
        UserError: another run has it; the message tells its process and its host.
    """
    output.mkdir(parents=True, exist_ok=True)
    stream = open(output / NAME, "a+", encoding="utf-8")  # noqa: SIM115 - open as long as the run is
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.seek(0)
        holder = stream.read().strip() or "another process"
        raise UserError(
            f"{output} is in use by {holder}: wait for that run to end, or give another folder with --output-dir"
        ) from error
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
        print(
            f"warning: {output} is on a file system without locks ({error.strerror}): see to it yourself that no other"
            " run writes there",
            file=sys.stderr,
        )
    stream.seek(0)
    stream.truncate()
    stream.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    stream.flush()
    return stream
