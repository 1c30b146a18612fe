"""The verdict on who has come, and with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planc_runtime.preflight.check import Check
from planc_runtime.preflight.links.naming import name_ranks, span


def judge_absence(missing: Sequence[int], cluster: Mapping[str, Any], *, seconds: float) -> Check:
    """The check for ranks that did not come; a machine that is missing whole is named."""
    gpus_per_node = cluster["gpus_per_node"]
    message = f"{name_ranks(missing)} did not come within {seconds:.0f} s"
    if cluster["nodes"] == 1:
        return Check(
            "links", "fails", message, "their processes ended or hang; dmesg tells whether the kernel ended them"
        )
    nodes = sorted({rank // gpus_per_node for rank in missing})
    whole = len(missing) == len(nodes) * gpus_per_node
    message += f"; {'all' if whole else 'some'} of node {span(nodes)}"
    return Check("links", "fails", message, f"start launch.sh on each node; see what NODE_RANK {span(nodes)} printed")


def judge_ranks(about: Sequence[Mapping[str, str | None]]) -> Iterator[Check]:
    """
    Whether all ranks run the same, which NCCL and torch count on.

    Args:
        about: what each rank said of itself, by rank.
    """
    for what in ("torch", "nccl", "gpu"):
        ranks: dict[str | None, list[int]] = {}
        for rank, each in enumerate(about):
            ranks.setdefault(each[what], []).append(rank)
        if len(ranks) > 1:
            found = ", ".join(f"{value} on {name_ranks(held)}" for value, held in ranks.items())
            verdict = "warns" if what == "gpu" else "fails"
            yield Check("links", verdict, f"ranks differ in {what}: {found}", "install the same on every node")
