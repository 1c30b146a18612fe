"""Names by which parts of a model are told from one another. Standard library only: the preflight and the export ask too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Keys under which a config.json of several parts describes the text model, from outside in.
PARTS = ("thinker_config", "text_config")


def is_under(name: str, towers: Iterable[str]) -> bool:
    """Whether a parameter or buffer is one of these towers, or lies in one."""
    return any(name == path or name.startswith(f"{path}.") for path in towers)


def text_of(config: dict[str, Any]) -> dict[str, Any]:
    """The part of a config.json that describes the text model."""
    inner = next((config[part] for part in PARTS if isinstance(config.get(part), dict)), None)
    return config if inner is None else text_of(inner)
