"""Paths of the plan, and names that are paths on the machine or ids on the Hub."""

from __future__ import annotations

import functools
import glob
import json
import os
from pathlib import Path

BUNDLE = Path(__file__).resolve().parents[1]


@functools.cache
def plan_folder() -> Path | None:
    """The folder of the plan that the bundle was compiled from; None where it does not lie there any more, or never did."""
    try:
        plan = json.loads((BUNDLE / "plan.lock.json").read_text(encoding="utf-8")).get("place")
    except (OSError, ValueError, AttributeError):
        return None  # whoever needs the lock says so
    found = BUNDLE / plan if isinstance(plan, str) else None
    return Path(os.path.normpath(found)).parent if found is not None and found.is_file() else None


def of_plan(name: str, *, is_path: bool = False) -> str:
    """
    A path as the plan has it, from where relative paths of the plan count: the plan's folder, or the working folder where the
    bundle has been moved away from its plan. A Hub id stays what it is.

    Args:
        is_path: whether it can be nothing but a path, as an output folder.
    """
    base = plan_folder() or Path.cwd()
    path = os.path.normpath(base / os.path.expanduser(name))
    return path if is_path or looks_local(name) or glob.has_magic(name) or os.path.exists(path) else name


def looks_local(name: str) -> bool:
    """Whether a name can only be a path: a Hub id is `name` or `owner/name`."""
    return name.startswith(("/", "./", "../", "~")) or name.count("/") > 1


def nearest(path: str | Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    path = Path(path).absolute()
    return next(parent for parent in (path, *path.parents) if parent.exists())
