"""The bundle's plan.lock.json, as every program of the preflight begins with."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def read_lock(path: Path) -> dict[str, Any]:
    """The bundle's lock; ends the program with a sentence where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"error: cannot read {path}: {error}", file=sys.stderr)
        sys.exit(2)
