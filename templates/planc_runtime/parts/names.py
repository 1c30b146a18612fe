"""Which names are of a tower. Standard library only: the export asks too."""

from __future__ import annotations

from collections.abc import Iterable


def is_under(name: str, towers: Iterable[str]) -> bool:
    """Whether a parameter or buffer is one of these towers, or lies in one."""
    return any(name == path or name.startswith(f"{path}.") for path in towers)
