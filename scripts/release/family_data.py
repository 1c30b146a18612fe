"""What a family's record says otherwise: tensors by their names, and the tables beside them."""

from __future__ import annotations

from typing import Any

from release.differences import of_tables, short
from release.report import Section

ROWS = ("tensors", "towers", "modules")


def family_sections(old: dict[str, Any], new: dict[str, Any]) -> list[Section]:
    """`new`: only the types that were read again."""
    lines = []
    for name, record in new.items():
        if name not in old:
            lines.append(f"+ {name}: {len(record.get('tensors', record.get('towers', [])))} rows of tensors")
        else:
            lines += [f"{name}: {line}" for line in of_tables(by_name(old[name]), by_name(record), 90)]
    return [Section("Family records", lines)]


def by_name(record: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in record.items() if key != "toy"}
    for key in ROWS:
        # A name may come twice, under conditions that exclude each other.
        rows = {}
        for row in record.get(key, []):
            name = row["name"] if isinstance(row, dict) else row[0]
            rows[name if name not in rows else f"{name} ({short(row)})"] = row
        found[key] = rows
    return found
