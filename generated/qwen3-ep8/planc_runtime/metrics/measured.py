"""`measured.json`: the figures of a whole run beside what the lock foresaw."""

from __future__ import annotations

import json
import math
import os
import statistics
from pathlib import Path
from typing import Any

FILE = "measured.json"
LOCK = "plan.lock.json"


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
    return {
        "memory": {**memory, "total": total},
        "tokens_per_step": lock["batch"]["tokens_per_step"],
        "time": lock["time"],
    }


def said(logs: dict[str, Any]) -> dict[str, float]:
    """What the trainer itself says of the steps since its last log. Its own log has it only in checkpoints."""
    keys = ("loss", "grad_norm", "learning_rate")
    return {key: logs[key] for key in keys if isinstance(logs.get(key), int | float)}


def write(folder: Path, content: dict[str, Any], lock: bytes | None) -> None:
    """Put the file there, and the lock of the plan that it is of where it could be read, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    if lock is not None:
        _put(folder / LOCK, lock)
    _put(folder / FILE, f"{text(content)}\n".encode())


def text(value: Any, indent: str = "") -> str:
    """JSON with lists of numbers on one line, so that the counts of experts fill no pages; null for what is no finite number."""
    deeper = f"{indent}  "
    if isinstance(value, dict) and value:
        lines = [f"{deeper}{json.dumps(key)}: {text(each, deeper)}" for key, each in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return "[\n" + ",\n".join(f"{deeper}{text(each, deeper)}" for each in value) + f"\n{indent}]"
    return json.dumps(None if isinstance(value, float) and not math.isfinite(value) else value)


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
