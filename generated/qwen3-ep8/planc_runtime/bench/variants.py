"""The ways of training that a bench compares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """`ep_implementation` is transformers' name of how tokens reach their experts, None without expert parallelism."""

    name: str
    ep_implementation: str | None
    # A module that it needs besides the stack; its `register()` makes the implementation known.
    module: str | None = None
    # Whether experts that no other rank shares are outside of FSDP, as a bundle's are.
    leaves_experts_out: bool = False


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("fsdp", None),
        Variant("stock", "all_to_all"),
        Variant("planc", "planc", module="planc_runtime.dispatch", leaves_experts_out=True),
    )
}
