"""The pace of a collective, and what the hardware under an axis can carry by the plan's GPU type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What is tried along every axis.
OPERATIONS = ("all_gather", "all_to_all")


@dataclass(frozen=True)
class Pace:
    """Bytes that a GPU can send in a second, in GB/s (10^9), and over what."""

    rate: float
    over: str


def expected_pace(
    operation: str, group: Sequence[int], links: Mapping[str, Any] | None, *, gpus_per_node: int
) -> Pace | None:
    """
    The pace of a collective over a group when the links do what the vendor says; None where that is not known.

    Args:
        operation: "all_gather", whose bytes go round all ranks and cross between machines over every network card of the
            group, or "all_to_all", in which a rank's own card carries all that leaves its machine or rack.
        links: of the plan's GPU type: {"nvlink": {"rate", "gpus", "rack" where it is one's} or null, "pcie": rate, "network": rate or null}.
    """
    if links is None:
        return None
    # What the network joins: machines, or racks whose machines NVLink joins. A job begins with the first machine of a rack.
    nvlink = links["nvlink"] or {}
    island = nvlink["gpus"] if nvlink.get("rack") else gpus_per_node
    islands = {rank // island for rank in group}
    inside = pace_inside(group, links, gpus_per_node=gpus_per_node)
    if len(islands) == 1:
        return inside
    if links["network"] is None:
        return None
    on_island = len(group) // len(islands)
    if operation == "all_gather":
        rate = on_island * links["network"]
    else:
        rate = links["network"] * (len(group) - 1) / (len(group) - on_island)
    return Pace(rate, "the network") if on_island == 1 or rate < inside.rate else inside


def pace_inside(group: Sequence[int], links: Mapping[str, Any], *, gpus_per_node: int) -> Pace:
    """The pace between the GPUs of one machine, or of one rack whose machines NVLink joins."""
    nvlink = links["nvlink"]
    if nvlink is not None:
        # Bridges join neighbours; a switch joins all of a machine, or of a rack.
        joined = nvlink["gpus"] or gpus_per_node
        if nvlink.get("rack") or len({rank % gpus_per_node // joined for rank in group}) == 1:
            return Pace(nvlink["rate"], "NVLink")
    return Pace(links["pcie"], "PCIe")


def bus_rate(size: int, num_ranks: int, seconds: float) -> float:
    """GB/s that leave a GPU while a collective moves buffers of `size` bytes: a rank keeps its own part."""
    return size * (num_ranks - 1) / num_ranks / seconds / 1e9
