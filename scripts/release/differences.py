"""Two pieces of data, as lines of what one has and the other has not."""

from __future__ import annotations

import json
from typing import Any


def of_tables(old: dict[str, Any], new: dict[str, Any], shown: int = 60) -> list[str]:
    """`+ name: value`, `- name` and `name: old -> new`; tables within tables by their path."""
    lines = []
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            lines.append(f"- {name}")
        elif name not in old:
            lines.append(f"+ {name}: {short(new[name], shown)}")
        else:
            lines += [f"{name}{line}" for line in of_values(old[name], new[name], shown)]
    return lines


def of_values(old: Any, new: Any, shown: int) -> list[str]:
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return [f": {line}" for line in of_tables(old, new, shown)]
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(each, str) for each in [*old, *new]):
        gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
        if gone or come:
            return [": " + " ".join([f"- {each}" for each in gone] + [f"+ {each}" for each in come])]
    return [f": {short(old, shown)} -> {short(new, shown)}"]


def short(value: Any, most: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def grouped(rows: list[tuple[str, str]]) -> list[str]:
    """`(name, what)` pairs: a line for each set of names, with all that holds for just these."""
    names: dict[str, list[str]] = {}
    for name, what in rows:
        names.setdefault(what, []).append(name)
    whats: dict[str, list[str]] = {}
    for what, found in names.items():
        whats.setdefault(", ".join(found), []).append(what)
    return [f"{found}: {'; '.join(what)}" for found, what in whats.items()]
