"""How a program begins and ends: the user's mistakes are told in a sentence instead of a traceback."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from planc_runtime.output import forgive_output, sentence

# EX_TEMPFAIL: the job can go on from its checkpoint. A scheduler may queue it again on this exit status.
REQUEUE = 75

# The folder in which the ranks of a machine leave notes for the program that started them; launch.sh makes it.
FOLDER_VARIABLE = "PLANC_RANKS"


class UserError(Exception):
    """A mistake that the reader of the message can mend: it says what is wrong and what to do."""


class RequeueError(Exception):
    """The job was told to stop and has saved what it needs to go on."""


class LostRanksError(RequeueError):
    """The job was told to stop, and ranks went before all had saved: it goes on from an older checkpoint."""


def run(main: Callable[[], None]) -> None:
    """
    Call `main`, then end this rank.

    A `UserError` becomes one sentence and exit status 2, `RequeueError` one and status 75, any other exception one, status 1
    and a file with the traceback. The sentence is left for launch.sh, which says it last; without it, sentences and tracebacks
    are printed.
    """
    forgive_output()
    argparse.ArgumentParser.error = _refuse  # on every rank, it would print the usage on each
    try:
        main()
    except LostRanksError as stop:
        _leave(REQUEUE, str(stop), is_shared=True, waits=False)
    except RequeueError as stop:
        _leave(REQUEUE, str(stop), is_shared=True)
    except UserError as error:
        _leave(2, f"error: {error}", is_shared=True)
    except Exception as error:
        if FOLDER_VARIABLE not in os.environ:
            traceback.print_exc()
            end(1)
        rank = os.environ.get("RANK", "0")
        _leave(1, f"error: rank {rank} failed: {sentence(error)}; {_keep(rank)}", is_shared=False)
    end(0)


def _refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    raise UserError(f"{message}; {Path(parser.prog).name} --help lists what it takes")


def foretell(status: int, text: str) -> None:
    """Leave what is to be said should this rank be ended from here on, by a library or by torchrun."""
    with contextlib.suppress(OSError):  # started without launch.sh, or a full disk
        _note(status, text, is_last=False)


def _leave(status: int, text: str, *, is_shared: bool, waits: bool = True) -> None:
    """Tell what happened and end. What every rank has to say alike, rank 0 prints alone."""
    try:
        _note(status, text, is_last=True)
    except OSError:
        if os.environ.get("RANK", "0") == "0" or not is_shared:
            print(text, file=sys.stderr, flush=True)
    end(status, waits=waits)


def _note(status: int, text: str, *, is_last: bool) -> None:
    folder, rank = os.environ.get(FOLDER_VARIABLE), os.environ.get("RANK", "0")
    if folder is None:
        raise FileNotFoundError
    note = {"rank": int(rank), "time": time.time(), "status": status, "text": text, "is_last": is_last}
    Path(folder, f"note-{rank}.json").write_text(json.dumps(note), encoding="utf-8")


# Where tracebacks go: the run's output folder as soon as it is known.
failures: Path | None = None


def keep_failures(folder: Path) -> None:
    """Write the traceback of this rank to `folder`, should it fail; one of an earlier run goes."""
    global failures
    failures = folder
    try:
        (folder / _name(os.environ.get("RANK", "0"))).unlink(missing_ok=True)
        folder.rmdir()
    except OSError:
        pass  # it is not there, or another rank's is in it


def _name(rank: str) -> str:
    return f"rank-{rank}.txt"


def _keep(rank: str) -> str:
    """Write the traceback being handled to a file and say to which; to standard error where no file takes it."""
    text = traceback.format_exc()
    for folder in (failures, Path(os.environ[FOLDER_VARIABLE])):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _name(rank)).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return f"its traceback is in {folder / _name(rank)}"
    print(text, file=sys.stderr, flush=True)
    return "its traceback is above"


def end(status: int, *, waits: bool = True) -> None:
    """
    End the process; after success, and to be queued again, once every rank has come here, unless some are gone already.

    gloo's threads may still let go of a tensor while its group is destroyed or the interpreter ends, which aborts the
    process ("terminate called without an active exception"), and with it a job that was done. Ranks on the CPU therefore
    run what was registered for their exit and end without being taken apart.
    """
    torch = sys.modules.get("torch")
    is_joined = torch is not None and torch.distributed.is_available() and torch.distributed.is_initialized()
    is_last = waits and status in (0, REQUEUE)
    has_gpu = torch is not None and torch.cuda.is_available()
    if is_joined and is_last:
        try:
            # Without the device torch warns that it took the current one.
            torch.distributed.barrier(device_ids=[torch.cuda.current_device()] if has_gpu else None)
            if has_gpu:
                torch.distributed.destroy_process_group()
        except RuntimeError:
            pass  # a rank has gone without waiting; what this one had to do is done
    if not is_joined or has_gpu:
        sys.exit(status)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)
