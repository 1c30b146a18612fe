"""What a release of the stack does otherwise than the newest that planc knows: all that a reviewer has to look at.

    python scripts/new_release.py 5.25.0                 compares it, runs recorded plans again, rehearses
    python scripts/new_release.py 5.25.0 --write         and writes the release's folder
    python scripts/new_release.py 5.24.0 --recorded      compares what is in git of it: nothing is installed or run

Standard library only; the release itself is installed over the stack of .venv and kept in .cache/releases.

Exit codes: 0 nothing to review, 1 something, 2 no such release, or it cannot be had.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from release.comparison import compare, compare_recorded
from release.environment import environment, stack_python
from release.folder import write
from release.known import ROOT, checked, known_releases, newest_before, newest_trl
from release.recorded import outcome_sections
from release.refusal import Refused
from release.rehearsal import rehearsal_sections
from release.report import Report, Section
from release.running import FailedError


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("version", help="of transformers")
    parser.add_argument("--trl", help="of TRL (default: the installed one)")
    parser.add_argument("--against", help="the release to compare with (default: the newest older one that planc knows)")
    parser.add_argument("--write", action="store_true", help="write the release's folder and the records of its families")
    parser.add_argument("--recorded", action="store_true", help="compare what is in git alone")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="run a few recorded plans: of each group and outcome one")
    how.add_argument("--whole", action="store_true", help="run all recorded plans; an hour or two")
    parser.add_argument("--over", metavar="PYTHON", help="a Python with the present stack (default: .venv)")
    parser.add_argument("--python", metavar="PYTHON", help="a Python that has the release already")
    return parser.parse_args()


def review(given: argparse.Namespace, report: Report) -> None:
    version = checked(given.version, "transformers")
    trl = checked(given.trl, "trl") if given.trl else None
    against = checked(given.against, "transformers") if given.against else newest_before(version)
    print(f"transformers {version} against {against}")
    if given.recorded:
        return report.add(*compare_recorded(version, against, trl or newest_trl()))

    over = stack_python(given.over)
    new = environment(version, trl, over, given.python)
    old = environment(against, None, over)
    with tempfile.TemporaryDirectory(prefix="planc-release-") as name:
        folder = Path(name)
        compare(old, new, folder, report)
        try:
            how = "quick" if given.quick else "whole" if given.whole else "sample"
            sections, counted = timed("recorded plans", outcome_sections, new, against, folder, how)
            report.add(*sections)
            print(f"\n{counted}")
        except FailedError as error:
            report.add(Section("Outcomes cannot be had", [str(error)]))
        report.add(*timed("rehearsal", rehearsal_sections, new, folder))
        if given.write:
            written = timed("judging", write, new, against, folder / "extracted", folder / "families")
            print("\nwritten:", *written, sep="\n  ")


def timed(what: str, function, *arguments):
    """On standard error how long a step took: the report itself is the same each time."""
    start = time.monotonic()
    found = function(*arguments)
    print(f"{what}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return found


def main() -> int:
    given, report = options(), Report()
    try:
        review(given, report)
    except (Refused, FailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
