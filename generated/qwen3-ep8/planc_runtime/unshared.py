"""
Experts that no other rank shares, outside of FSDP: it would copy their parameters before each use and their gradients after.

What FSDP does besides is done here: it casts what a module is called with, divides gradients, and adds up those of the
micro-batches that it reduces together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.tensor import DTensor
from transformers import DistributedConfig, PreTrainedModel

from planc_runtime.output import warn
from planc_runtime.stack.fsdp import Unshared, are_unshared, can_leave_out, leaving_out


class Pending:
    """Whether gradients wait for those of the step's next micro-batches."""

    value = False


class Gradients:
    """
    The gradients of one parameter, treated as FSDP treats those of a parameter that one rank alone has.

    A backward pass adds its gradient, divided, to the parameter's. While gradients are pending they are added up apart, in the
    format of reductions, and are divided with the next one that is not.

    Args:
        parameter: cut over the ranks, each of which has a part of its own.
        divisor: what gradients are divided by.
        reduce: format of reductions; None for the parameter's.
        pending: shared by all parameters of a model.
    """

    def __init__(
        self, parameter: nn.Parameter, *, divisor: float, reduce: torch.dtype | None, pending: Pending
    ) -> None:
        self.parameter, self.divisor, self.pending = parameter, divisor, pending
        self.reduce = reduce or parameter.dtype
        self.earlier: torch.Tensor | None = None
        self.sum: torch.Tensor | None = None
        parameter.register_hook(self._begin)
        parameter.register_post_accumulate_grad_hook(self._end)

    def _begin(self, _: torch.Tensor) -> None:
        """Before a gradient comes: put away what earlier passes have left, so that it comes alone."""
        self.earlier, self.parameter.grad = self.parameter.grad, None

    def _end(self, parameter: nn.Parameter) -> None:
        new, parameter.grad = parameter.grad, self.earlier
        self.earlier = None
        local = new.to_local()
        if self.sum is not None:
            self.sum += local
        elif self.pending.value:
            # A gradient in that format may be another tensor's too.
            self.sum = local.to(self.reduce, copy=True)
        if self.pending.value:
            return
        if self.sum is None:
            # In bfloat16 too torch divides in float32 and rounds once, as FSDP does.
            divided = local / self.divisor
        else:
            divided = (self.sum / self.divisor).to(local.dtype)
            self.sum = None
        if parameter.grad is None:
            parameter.grad = DTensor.from_local(divided, new.device_mesh, new.placements, run_check=False)
        else:
            parameter.grad.to_local().add_(divided)


@contextmanager
def outside_of_fsdp(config: DistributedConfig | None) -> Iterator[list[Unshared]]:
    """
    While this is entered, a model that is loaded with `config` has the experts that no other rank shares outside of FSDP.

    Yields:
        Those modules, for `manage`.
    """
    if not are_unshared(config):
        yield []
    elif not can_leave_out():
        if not distributed.is_initialized() or distributed.get_rank() == 0:
            warn(
                "experts stay inside of FSDP, which copies them in each step: this release has no place to leave them out"
            )
        yield []
    else:
        with leaving_out() as modules:
            yield modules


def manage(model: PreTrainedModel, modules: list[Unshared]) -> None:
    """Do for these modules of a loaded model what FSDP does for its own."""
    if not modules:
        return
    pending, set_for_fsdp = Pending(), model.set_requires_gradient_sync

    def set_requires_gradient_sync(is_required: bool, **options: Any) -> None:
        set_for_fsdp(is_required, **options)
        pending.value = not is_required

    model.set_requires_gradient_sync = set_requires_gradient_sync
    for module, divisor, compute, reduce in modules:
        if compute is not None:
            module.register_forward_pre_hook(partial(_cast, dtype=compute), with_kwargs=True)
        for parameter in module.parameters():
            if parameter.requires_grad:
                Gradients(parameter, divisor=divisor, reduce=reduce, pending=pending)


def _cast(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], *, dtype: torch.dtype) -> tuple[Any, Any]:
    """What a module is called with, its floating-point tensors in another format."""

    def cast(value: Any) -> Any:
        return value.to(dtype) if isinstance(value, torch.Tensor) and value.is_floating_point() else value

    return tuple(map(cast, args)), {name: cast(value) for name, value in kwargs.items()}
