"""
How tokens reach experts on other ranks: an expert-parallel implementation for transformers' registry, named `planc`.

Every token travels once to each rank that has one of its experts, whatever the number of experts there, and comes back
once, summed. `register` makes the name known; `DistributedConfig(ep_implementation="planc")` chooses it.

Shapes in this package, as suffixes of names: T tokens of this rank, K experts per token, H hidden size, I the experts'
intermediate size, G ranks of the expert axis, E local experts of a rank, S rows sent, R rows received, V = T + R rows that a
rank has, A assignments of such a row to a local expert: what the rank computes.
"""

from __future__ import annotations

from planc_runtime.dispatch.implementation import PlancEP
from planc_runtime.stack.transformers import EPImplementationInterface

NAME = "planc"


def register() -> None:
    """Make `ep_implementation="planc"` known to transformers. Call it before a model is loaded; again does no harm."""
    EPImplementationInterface.register(NAME, PlancEP)
