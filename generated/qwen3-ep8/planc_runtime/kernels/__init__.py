"""
What happens between the all-to-alls of expert parallelism: working out an order of rows from the routers' choices, bringing
rows into it, weighing and summing them, and the gated activations.

Every function has two implementations. `eager` is plain torch and the specification; `compiled` is Triton,
which touches a row once and uses no atomics. `backend` says which one a call gets. Shapes are suffixes of names
(`gate_up_AD`), with a legend in each module.
"""

from planc_runtime.kernels.gating import activated, gated
from planc_runtime.kernels.routed import ExpertAxis, Layout, Sent, Totals
from planc_runtime.kernels.routing import Routing, pick_weights, start_routing
from planc_runtime.kernels.rows import dot_rows, gather_rows, sum_rows

__all__ = [
    "ExpertAxis",
    "Layout",
    "Routing",
    "Sent",
    "Totals",
    "activated",
    "dot_rows",
    "gated",
    "gather_rows",
    "pick_weights",
    "start_routing",
    "sum_rows",
]
