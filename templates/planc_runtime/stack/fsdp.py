"""
Private names of transformers around FSDP: which modules it shards.

Every experts module that tokens are dispatched to is given to `fully_shard`, also where no other rank has a share of it: then
FSDP copies the parameters before each use, and the gradients after. transformers has no switch for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import MixedPrecisionPolicy
from torch.distributed.tensor import DTensor
from transformers import DistributedConfig
from transformers.distributed import fsdp

__all__ = ["Unshared", "are_unshared", "can_leave_out", "leaving_out"]

WANTED = {
    "transformers.distributed.fsdp.fully_shard": "experts that no other rank shares, outside of FSDP",
}


class Unshared(NamedTuple):
    """
    An experts module that FSDP does not have.

    Attributes:
        divisor: what its gradients are divided by, as the stack has told FSDP.
        compute: format that the floating-point tensors it is called with are cast to; None for their own.
        reduce: format that gradients are divided in, and added up in over the micro-batches of a step; None for their own.
    """

    module: nn.Module
    divisor: float
    compute: torch.dtype | None
    reduce: torch.dtype | None


def are_unshared(config: DistributedConfig | None) -> bool:
    """Whether each rank has experts that no other rank has, in a model that FSDP shards."""
    if config is None or config.ep_size == 1 or config.dp_size == 1:
        return False
    return config.efsdp_size * config.dp_replicate_size == 1


def can_leave_out() -> bool:
    """Whether this release shards by the function that `leaving_out` stands in for."""
    return hasattr(fsdp, "fully_shard")


@contextmanager
def leaving_out() -> Iterator[list[Unshared]]:
    """
    While this is entered, a model that is loaded has the experts that no other rank shares outside of FSDP.

    Not those whose parameters FSDP would cast, which nothing else does, or keep in host memory.

    Yields:
        Those modules, whose parameters are the model's own once it is loaded.
    """
    own = fsdp.fully_shard
    found: list[Unshared] = []
    ignored: set[nn.Parameter] = set()

    def fully_shard(module: Any, *, mesh: DeviceMesh, **options: Any) -> Any:
        policy = options.get("mp_policy", MixedPrecisionPolicy())
        is_offloaded = "offload_policy" in options
        if "efsdp" not in (mesh.mesh_dim_names or ()) or is_offloaded or not _can_be_outside(module, mesh, policy):
            return own(module, mesh=mesh, ignored_params=ignored, **options)
        ignored.update(module.parameters())
        # The stack tells the module next. Untold, FSDP would take the mean over the ranks that share it: one.
        place = len(found)
        found.append(Unshared(module, 1.0, policy.param_dtype, policy.reduce_dtype))

        def set_gradient_divide_factor(factor: float) -> None:
            found[place] = Unshared(module, factor, policy.param_dtype, policy.reduce_dtype)

        module.set_gradient_divide_factor = set_gradient_divide_factor
        return module

    fsdp.fully_shard = fully_shard
    try:
        yield found
    finally:
        fsdp.fully_shard = own
        for each in found:
            del each.module.set_gradient_divide_factor


def _can_be_outside(module: nn.Module, mesh: DeviceMesh, policy: MixedPrecisionPolicy) -> bool:
    """Whether each parameter is a rank's own, there once, and in the format in which it computes."""
    return mesh.size() == 1 and all(
        isinstance(parameter, DTensor) and policy.param_dtype in (None, parameter.dtype)
        for parameter in module.parameters()
    )
