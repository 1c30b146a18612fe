"""What config.json may say otherwise: fields and their types, other names, what a class refuses."""

from __future__ import annotations

from typing import Any

from release.differences import grouped, of_tables
from release.report import Section

SHARED = ("activations", "dtypes", "layer_types", "mlp_layer_types", "old_layer_types", "rope", "types")


def config_sections(old: dict[str, Any], new: dict[str, Any]) -> list[Section]:
    shared = of_tables({key: old[key] for key in SHARED}, {key: new[key] for key in SHARED})
    used = set(new["types"].values())
    before, after = old["classes"], new["classes"]
    rows = [
        (name, line)
        for name, record in after.items()
        if name in before
        for line in of_tables(by_field(before[name]), by_field(record))
    ]
    come = [f"+ {name}" for name in after if name not in before and name not in used]
    return [Section("Config classes", shared + come + grouped(rows))]


def by_field(record: dict[str, Any]) -> dict[str, Any]:
    """A class's record with its fields by their own names: field -> type."""
    fields = {name: kind for kind, names in record.get("fields", {}).items() for name in names.split()}
    return record | {"fields": dict(sorted(fields.items()))}
