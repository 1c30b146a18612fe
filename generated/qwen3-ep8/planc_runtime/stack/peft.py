"""Private names of PEFT: the layers that it puts around a linear module, and around a parameter of an experts module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from peft import LoraConfig
from peft.tuners.lora import LoraModel
from peft.tuners.lora.layer import Linear, LoraLayer, ParamWrapper
from torch import nn

__all__ = [
    "ADAPTER",
    "Target",
    "dense_layers",
    "inject",
    "is_linear",
    "switch",
    "unwrap_parameters",
    "wrapped_parameters",
]

REQUIRED = {
    "peft.tuners.lora.LoraModel": "lora",
    "peft.tuners.lora.layer.Linear": "lora",
    "peft.tuners.lora.layer.LoraLayer": "lora",
    "peft.tuners.lora.layer.ParamWrapper.parameter_name": "lora on experts",
    "peft.tuners.lora.layer.LoraLayer._disable_adapters": "dpo with lora",
}

# The name that PEFT gives an adapter where none is given; it is not in the names of a saved one.
ADAPTER = "default"


class Target(NamedTuple):
    """
    One parameter of a module that PEFT gives an adapter.

    Attributes:
        module: path of the module, where the wrapper stands.
        parameter: its parameter.
        prefix: "base_layer." once for each wrapper around this one.
        rank: rows of an expert's first factor.
        scaling: of the product of both factors.
        num_experts: over all ranks; 1 where the parameter is a matrix.
        in_features: columns that go in.
        out_features: columns that come out.
    """

    module: str
    parameter: str
    prefix: str
    rank: int
    scaling: float
    num_experts: int
    in_features: int
    out_features: int


def inject(model: nn.Module, config: LoraConfig) -> None:
    """
    Put PEFT's layers into `model`, their tensors without storage, and freeze everything else.

    `config` becomes what PEFT makes of it for the model's family.
    """
    LoraModel(model, config, ADAPTER, low_cpu_mem_usage=True)


def wrapped_parameters(model: nn.Module) -> list[tuple[Target, Any]]:
    """What PEFT has wrapped of parameters, each with the wrapper; those of one module follow one another from the outermost in."""
    found = []
    outer = [(name, module) for name, module in model.named_modules() if isinstance(module, ParamWrapper)]
    seen: set[int] = set()
    for name, wrapper in outer:
        if id(wrapper) in seen:
            continue
        prefix, inner = "", wrapper
        while isinstance(inner, ParamWrapper):
            seen.add(id(inner))
            target = Target(
                module=name,
                parameter=inner.parameter_name,
                prefix=prefix,
                rank=inner.r[ADAPTER],
                scaling=inner.scaling[ADAPTER],
                num_experts=inner.num_experts,
                in_features=inner.in_features,
                out_features=inner.out_features,
            )
            found.append((target, inner))
            prefix, inner = f"{prefix}base_layer.", inner.base_layer
    return found


def unwrap_parameters(model: nn.Module) -> list[Target]:
    """Take the wrappers around parameters out again, and return what they were."""
    found = wrapped_parameters(model)
    for target, wrapper in found:
        if target.prefix == "":
            parent, _, child = target.module.rpartition(".")
            setattr(model.get_submodule(parent), child, wrapper.get_base_layer())
    return [target for target, _ in found]


def dense_layers(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """PEFT's layers around modules, with their paths."""
    return ((name, module) for name, module in model.named_modules() if isinstance(module, LoraLayer))


def switch(layer: Any, *, is_on: bool) -> None:
    """
    Let a layer compute with its adapter, or as its base module alone.

    PEFT's own method also changes which parameters get gradients, which FSDP does not expect between forward and backward.
    """
    layer._disable_adapters = not is_on


def is_linear(layer: nn.Module) -> bool:
    """Whether it is around a linear module."""
    return isinstance(layer, Linear)
