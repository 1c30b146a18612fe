"""How a program begins and ends: the user's mistakes are told in a sentence instead of a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake that the reader of the message can mend: it says what is wrong and what to do."""


def run(main: Callable[[], None]) -> None:
    """
    Call `main`, then leave the process group.

    A `UserError` becomes one line on standard error, from rank 0 alone, and exit status 2.
    """
    try:
        main()
        leave_process_group()
    except UserError as error:
        if os.environ.get("RANK", "0") == "0":
            print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(2)


def leave_process_group() -> None:
    """
    Join the threads that communicate, while Python is whole.

    One that still lets go of a tensor when the interpreter has begun to end would abort the process, and with it a job
    that was done.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
