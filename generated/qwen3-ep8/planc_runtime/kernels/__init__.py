"""
What happens to rows between the all-to-alls of expert parallelism: bringing them into the experts' order, weighing and
summing them, and the gated activations.

Every function has two implementations. `eager` is plain torch and the specification; `compiled` is one Triton kernel each,
which touches a row once and uses no atomics. `backend` says which one a call gets. Shapes are suffixes of names
(`gate_up_AD`), with a legend in each module.
"""

from planc_runtime.kernels.gating import activated, gated
from planc_runtime.kernels.rows import dot_rows, gather_rows, sum_rows

__all__ = ["activated", "dot_rows", "gated", "gather_rows", "sum_rows"]
