"""What of a layer is computed a second time in the backward pass, where that is not the whole layer."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint

from planc_runtime.errors import UserError

# What a plan may say.
RECOMPUTE = ("full", "attention", "experts", "none")

# What transformers calls the modules in which tokens look at each other.
ATTENTION = ("self_attn", "linear_attn")

# What it calls the cache of keys and values, or of states, that a layer is given: `cache` from 5.24 on.
CACHES = ("cache", "past_key_values", "cache_params")


def apply_recompute(model: nn.Module, what: str) -> None:
    """
    Make layers of `model` keep less, or more, than everything.

    Args:
        what: "full" and "none" are the trainer's own doing (gradient_checkpointing). "attention" computes attention
            again and keeps what the experts computed and what was exchanged for them; "experts" computes the experts'
            matrix products again and keeps the rest.

    Raises:
        UserError: the model has no modules of that name.
    """
    if what in ("full", "none"):
        return
    names = ATTENTION if what == "attention" else ("experts",)
    modules = [module for name, module in model.named_modules() if name.rpartition(".")[2] in names]
    if not modules:
        raise UserError(
            f"recompute: {what} finds no module named {' or '.join(names)}; write recompute: full in the plan"
        )
    for module in modules:
        # planc's dispatcher leaves the exchange out: it computes only the products again.
        if hasattr(module, "recomputes_products"):
            module.recomputes_products = True
        else:
            module.forward = _Recomputed(module)


class _Recomputed:
    """The forward of a module, run again in the backward pass instead of keeping what it computed."""

    def __init__(self, module: nn.Module) -> None:
        self.module, self.run = module, module.forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # A second run would write into the cache of keys and values again.
        if not self.module.training or any(kwargs.get(name) is not None for name in CACHES):
            return self.run(*args, **kwargs)
        return checkpoint(self.run, *args, use_reentrant=False, **kwargs)
