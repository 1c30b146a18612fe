"""The user's mistakes, told in a sentence: a program ends with it instead of a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake that the reader of the message can mend: it says what is wrong and what to do."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; a `UserError` becomes one line on standard error, from rank 0 alone, and exit status 2."""
    try:
        main()
    except UserError as error:
        if os.environ.get("RANK", "0") == "0":
            print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(2)
