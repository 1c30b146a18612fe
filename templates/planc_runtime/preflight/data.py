"""Where the data comes from."""

from __future__ import annotations

from pathlib import Path

from planc_runtime.places import looks_local
from planc_runtime.preflight.check import Check


def check_data(path: str) -> Check:
    """The dataset, where it is a path; a Hub's dataset is asked for when it is loaded."""
    if looks_local(path) and not Path(path).exists():
        return Check("data", "fails", f"{path} does not exist", "give another with --dataset")
    return Check(
        "data", "ok", path if Path(path).exists() else f"{path} comes from the Hub, which was not asked for it"
    )
