"""Which families are read again: new types, and those whose code or conversion is other than in the release before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from release.sources import definitions


def changed_types(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """`old`, `new`: what surface.py found. In the order of the new release's types."""
    if "absent" in old["configs"] or "absent" in new["configs"]:
        return []
    roots = [Path(surface["packages"]["transformers"], "models") for surface in (old, new)]
    unchanged: dict[str, bool] = {}

    def is_unchanged(folder: str) -> bool:
        if folder not in unchanged:
            before, after = (trees(root / folder) for root in roots)
            unchanged[folder] = before == after
        return unchanged[folder]

    found = []
    for name, folders in new["configs"].items():
        is_known = old["configs"].get(name) == folders
        has_same_conversion = old["conversions"].get(name) == new["conversions"].get(name)
        if not (is_known and has_same_conversion and all(is_unchanged(folder) for folder in folders)):
            found.append(name)
    return found


def trees(folder: Path) -> dict[str, dict[str, str]]:
    files = [*folder.glob("configuration_*.py"), *folder.glob("modeling_*.py")]
    return {file.name: definitions(file) for file in sorted(files)}
