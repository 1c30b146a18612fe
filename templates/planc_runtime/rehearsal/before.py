"""
Rehearse before training, and say whether the ranks agree with one process.

    python -m planc_runtime.rehearsal.before plan.lock.json

launch.sh runs this where the plan names releases that planc has not read: the toy in `rehearsal/` beside the lock trains on CPU
processes, on the plan's own mesh folded to few of them. Exit status 0 when they agree, 4 when they do not, 2 when one fails.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DISAGREES = 4


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.strip().splitlines()[0])
    parser.add_argument("lock", type=Path)
    arguments, _ = parser.parse_known_args()  # the rest is for train.py
    toy = arguments.lock.resolve().parent / "rehearsal"
    untested = json.loads(arguments.lock.read_text(encoding="utf-8"))["plan"]["stack"]["untested"]
    print(f"rehearsal: {', '.join(untested)} in a release that planc has not tried; a toy trains first", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="planc-rehearsal-"))
    shutil.copy(toy / "rehearsal.json", folder)
    command = [sys.executable, "-m", "planc_runtime.rehearsal", str(folder), str(toy)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    status, text = verdict(ended.returncode, ended.stdout)
    print(text, file=sys.stderr if status else sys.stdout, flush=True)
    if status:
        kept = f"  the rehearsal's folder: {folder}; PLANC_SKIP_REHEARSAL=1 trains all the same"
        print(kept, file=sys.stderr, flush=True)
    else:
        shutil.rmtree(folder)
    return status


def verdict(status: int, output: str) -> tuple[int, str]:
    """Exit status and sentence for how the rehearsal ended and what it printed."""
    lines = output.strip().splitlines()
    if status != 0 or not lines:
        return 2, f"error: the rehearsal ended with status {status}; what it printed is above"
    outcome: dict[str, Any] = json.loads(lines[-1])
    if failure := outcome.get("failure"):
        return 2, f"error: the rehearsal failed in {failure['stage']}: {failure['message']}; its log: {failure['log']}"
    if found := outcome["disagreements"]:
        return DISAGREES, "\n  ".join(["error: the rehearsal disagrees with one process:", *found])
    return 0, "rehearsal: agrees with one process"


if __name__ == "__main__":
    sys.exit(main())
