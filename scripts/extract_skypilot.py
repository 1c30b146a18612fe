"""
Write what SkyPilot's task files may hold, from the installed package: the schemas that it checks them with.

    python -m venv .cache/skypilot && .cache/skypilot/bin/pip install skypilot==0.14.1
    .cache/skypilot/bin/python scripts/extract_skypilot.py

A client lets keys of `job_recovery` through that only a server knows; here they are refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sky
from sky.utils import schemas

FIXTURES = Path(__file__).parent.parent / "test/fixtures"


def main() -> None:
    resources = schemas.get_resources_schema()
    for form in resources["properties"]["job_recovery"]["anyOf"]:
        if form["type"] == "object":
            form["additionalProperties"] = False
    task = schemas.get_task_schema()
    del task["properties"]["config"]  # settings of the client, which no task of planc's has
    found = {
        "skypilot": sky.__version__,
        "task": without_dialect(task),
        "resources": without_dialect(resources),
        "storage": without_dialect(schemas.get_storage_schema()),
    }
    path = FIXTURES / f"skypilot-{sky.__version__}.json"
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


def without_dialect(schema: Any) -> Any:
    """The same without `$schema`: parts of one schema name several, and mean the same in each."""
    if isinstance(schema, list):
        return [without_dialect(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_dialect(value) for key, value in schema.items() if key != "$schema"}


if __name__ == "__main__":
    main()
