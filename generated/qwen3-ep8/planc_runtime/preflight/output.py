"""Where the trained model goes."""

from __future__ import annotations

import os
from pathlib import Path

from planc_runtime.paths import nearest
from planc_runtime.preflight.check import Check


def check_output(path: str) -> Check:
    """The output folder, or its nearest parent that exists: a folder that can be written to."""
    existing = nearest(path)
    if not existing.is_dir():
        return Check("output", "fails", f"{existing} is a file", "give another folder with --output-dir")
    if not os.access(existing, os.W_OK):
        return Check("output", "fails", f"{existing} cannot be written to", "give another folder with --output-dir")
    return Check("output", "ok", str(Path(path).absolute()))
