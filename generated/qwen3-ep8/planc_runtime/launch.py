"""
Start the ranks of this machine with torchrun, and end with one sentence about what became of them.

    python -m planc_runtime.launch [options of torchrun] PROGRAM [its options]

launch.sh runs this. The exit status is that of the rank that ended the job: 0; 2 for a mistake of the user's; 75 when the job
was told to stop and can go on; 128 and the signal's number for a rank that was killed; 1 for anything else.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from torch.distributed import DistError, TCPStore
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous import RendezvousError
from torch.distributed.run import parse_args, run

from planc_runtime.errors import FOLDER_VARIABLE
from planc_runtime.output import sentence

# torchrun's way to end the other ranks.
ENDED_BY_TORCHRUN = (-signal.SIGTERM, -signal.SIGINT)


def main() -> int:
    # What it says of ranks that end is said here, last and once.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    logging.getLogger("torch.distributed.run").setLevel(logging.ERROR)
    quiet_stores()
    arguments = parse_args(sys.argv[1:])
    apart = None
    try:
        run(arguments)
    except ChildFailedError as error:
        statuses = {rank: failure.exitcode for rank, failure in error.failures.items()}
    except (RendezvousError, DistError) as error:
        statuses, apart = {}, f"error: the machines of the job are not together: {sentence(error)}"
    except SignalException as told:
        return 128 + int(told.sigval)
    else:
        return 0
    # What became of the ranks is known: whoever ends the job now, because of another machine, must not take that away.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    notes = read_notes()
    if apart is not None and not notes:
        status, text = 1, apart
    else:
        status, text = judge(statuses, notes, program=Path(arguments.training_script).name)
    # A rank that was killed has left its progress bar as it stood.
    print(f"\n{text}" if status > 128 else text, file=sys.stderr, flush=True)
    return status


def quiet_stores() -> None:
    """
    Keep native stack traces to torch's stores: machines leave one after another, and who is last has lost the others.

    Torch reads the variable once in a process, where a store first has something to say. The ranks get it as it was.
    """
    if "TORCH_CPP_LOG_LEVEL" not in os.environ:
        os.environ["TORCH_CPP_LOG_LEVEL"] = "FATAL"
        TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        del os.environ["TORCH_CPP_LOG_LEVEL"]


def read_notes() -> list[dict]:
    """What ranks of this machine have left to be said: the first first, and behind it what they foretold."""
    folder = os.environ.get(FOLDER_VARIABLE)
    notes = []
    for path in Path(folder).glob("note-*.json") if folder else ():
        try:
            notes.append(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue  # a full disk
    return sorted(notes, key=lambda note: (not note["is_last"], note["time"]))


def judge(statuses: Mapping[int, int], notes: list[dict], *, program: str) -> tuple[int, str]:
    """
    Exit status and last sentence of a job that failed.

    Args:
        statuses: rank -> exit status as Python has it, of the ranks that failed and of those that torchrun then ended.
        notes: what ranks left.
        program: what they ran.
    """
    noted = {note["rank"] for note in notes}
    for rank, status in sorted(statuses.items()):
        # Whoever waits for a rank that was killed fails too, and has more to say.
        if status < 0 and status not in ENDED_BY_TORCHRUN and rank not in noted:
            return 128 - status, _killed(rank, -status)
    if notes:
        return notes[0]["status"], notes[0]["text"]
    own = {rank: status for rank, status in statuses.items() if status not in (0, *ENDED_BY_TORCHRUN)}
    rank, status = min((own or statuses).items(), default=(0, 1))
    if status < 0:
        return 128 - status, _killed(rank, -status)
    return status, f"error: rank {rank} of {program} ended with status {status}; what it printed is above"


def _killed(rank: int, number: int) -> str:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    why = {
        "SIGKILL": "by the kernel where memory ran out (dmesg says so), or by the scheduler",
        "SIGABRT": "a library gave up; what it printed is above",
        "SIGSEGV": "a crash in native code",
        "SIGBUS": "shared memory may be full: see df /dev/shm",
    }.get(name, "by somebody else")
    return f"error: rank {rank} was killed by {name}: {why}"


if __name__ == "__main__":
    sys.exit(main())
