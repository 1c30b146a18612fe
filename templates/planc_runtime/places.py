"""Names of models and datasets: paths on the machine, or ids on the Hub."""

from __future__ import annotations

from pathlib import Path


def looks_local(name: str) -> bool:
    """Whether a name can only be a path: a Hub id is `name` or `owner/name`."""
    return name.startswith(("/", "./", "../", "~")) or name.count("/") > 1


def nearest(path: str | Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    place = Path(path).absolute()
    return next(parent for parent in (place, *place.parents) if parent.exists())
