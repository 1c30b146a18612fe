"""Look at the bundle and at this machine before anything is loaded.

    python -m planc_runtime.preflight plan.lock.json [--json] [options of train.py]

One line a check. Exit status 0 when nothing stands in the way, 2 when the job would fail, with what to do about it. How the
ranks reach each other is tested by planc_runtime.preflight.links.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from planc_runtime.preflight.bundle import check_bundle
from planc_runtime.preflight.check import Check, report, worst


def main() -> None:
    is_json = "--json" in sys.argv
    checks = list(_told(check_bundle(), is_json))
    # Files that are cut off may be the ones that look at the rest.
    if worst(checks) != "fails":
        checks += _told(_of_machine(), is_json)
    if is_json:
        print(report(checks))
    sys.exit(2 if worst(checks) == "fails" else 0)


def _of_machine() -> Iterable[Check]:
    from planc_runtime.preflight.lock import read_lock
    from planc_runtime.preflight.machine import look
    from planc_runtime.preflight.options import add_options, read_options

    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--json", action="store_true", help="print the checks as one JSON object")
    add_options(parser)
    arguments, _ = parser.parse_known_args()
    lock = read_lock(arguments.lock)
    return look(lock, read_options(lock, arguments))


def _told(checks: Iterable[Check], is_json: bool) -> Iterable[Check]:
    for check in checks:
        if not is_json:
            print(check.line(), flush=True)
        yield check


if __name__ == "__main__":
    main()
