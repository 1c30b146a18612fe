"""The axes of the plan's mesh along which ranks talk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Axis:
    """Groups of `size` ranks that are `stride` apart. Axes with the same groups are one, by all of their names."""

    name: str
    size: int
    stride: int

    def group(self, rank: int) -> range:
        """The ranks that `rank` talks to along the axis, itself among them, in their order on it."""
        first = rank - rank // self.stride % self.size * self.stride
        return range(first, first + self.size * self.stride, self.stride)


def axes_of(lock: Mapping[str, Any]) -> list[Axis]:
    """The axes that have more than one rank: those of the dense view first, then what the experts' view adds."""
    names: dict[tuple[int, int], list[str]] = {}
    for name, groups in lock["mesh"]["groups"].items():
        if groups["size"] > 1:
            names.setdefault((groups["size"], groups["stride"]), []).append(name)
    return [Axis("/".join(found), size, stride) for (size, stride), found in names.items()]
