"""`measured.json`: the figures of a whole run beside what the lock foresaw."""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path
from typing import Any

FILE = "measured.json"


def summary(windows: list[dict[str, float]]) -> dict[str, Any]:
    """Median, least and most of each rate, and the last of each peak."""
    found: dict[str, Any] = {}
    steady = windows[1:] or windows  # the first has the start of everything in it
    for key in ("tokens_per_second_per_gpu", "mfu", "dispatch_seconds"):
        values = [window[key] for window in steady if key in window]
        if values:
            found[key] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    for key in ("peak_memory_allocated", "peak_memory_reserved"):
        if windows and key in windows[-1]:
            found[key] = windows[-1][key]
    return found


def predicted(lock: dict[str, Any]) -> dict[str, Any]:
    """
    What the plan foresaw. Figures that nothing bounds, as where max_length is null, are null.

    `total` is what is allocated at the peak; where none is known, what stays on the GPU from the first step on.
    """
    memory = lock["memory"]
    states = sum(memory[part] for part in ("parameters", "gradients", "optimizer", "reference"))
    total = states if memory["peak"] is None else memory["peak"]["allocated"]
    return {"memory": {**memory, "total": total}, "tokens_per_step": lock["batch"]["tokens_per_step"]}


def write(folder: Path, content: dict[str, Any]) -> None:
    """Put the file there, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{FILE}.part"
    try:
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(part, folder / FILE)
    except OSError:
        part.unlink(missing_ok=True)
        raise
