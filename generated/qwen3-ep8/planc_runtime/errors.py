"""How a program begins and ends: the user's mistakes are told in a sentence instead of a traceback."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

# EX_TEMPFAIL: the job can go on from its checkpoint. A scheduler may queue it again on this exit status.
REQUEUE = 75


class UserError(Exception):
    """A mistake that the reader of the message can mend: it says what is wrong and what to do."""


class RequeueError(Exception):
    """The job was told to stop and has saved what it needs to go on."""


def run(main: Callable[[], None]) -> None:
    """
    Call `main`, then end this rank.

    A `UserError` becomes one line on standard error, from rank 0 alone, and exit status 2. `RequeueError` becomes status 75,
    which launch.sh finds in the folder that it names, because torchrun ends with 1 whatever its ranks end with.
    """
    try:
        main()
    except RequeueError as stop:
        if os.environ.get("RANK", "0") == "0":
            print(stop, file=sys.stderr, flush=True)
        folder = os.environ.get("PLANC_RANKS")
        if folder and os.path.isdir(folder):
            with open(os.path.join(folder, "status"), "w", encoding="utf-8") as file:
                file.write(str(REQUEUE))
        end(REQUEUE)
    except UserError as error:
        if os.environ.get("RANK", "0") == "0":
            print(f"error: {error}", file=sys.stderr, flush=True)
        end(2)
    end(0)


def end(status: int) -> None:
    """
    End the process; after success, and to be queued again, once every rank has come here.

    gloo's threads may still let go of a tensor while its group is destroyed or the interpreter ends, which aborts the
    process ("terminate called without an active exception"), and with it a job that was done. Ranks on the CPU therefore
    run what was registered for their exit and end without being taken apart.
    """
    torch = sys.modules.get("torch")
    is_joined = torch is not None and torch.distributed.is_available() and torch.distributed.is_initialized()
    if not is_joined or torch.cuda.is_available():
        if is_joined and status in (0, REQUEUE):
            torch.distributed.destroy_process_group()
        sys.exit(status)
    if status in (0, REQUEUE):
        torch.distributed.barrier()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
