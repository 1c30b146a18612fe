"""
The adapters of a plan with lora, in a bench: stock PEFT's layers, or planc's, with the same numbers in both.

Both factors of each are random, so that the gradients of both can be compared. Adapters of linear layers are whole on every rank, and so
are stock PEFT's of experts: their gradients are averaged as the trainer averages them.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn
from torch.distributed.tensor import DTensor

from planc_runtime.adapters import attach
from planc_runtime.adapters.initial import fill
from planc_runtime.stack.peft import ADAPTER, dense_layers, is_linear, wrapped_parameters


def adapt(model: nn.Module, lora: dict[str, Any], *, by_planc: bool, seed: int) -> dict[str, str]:
    """
    Freeze the model and give it adapters.

    Args:
        lora: the keyword arguments of PEFT's `LoraConfig`.
        by_planc: whether those of experts are planc's.

    Returns:
        What PEFT calls each parameter that is trained.
    """
    options = {**lora, "init_lora_weights": False}
    if by_planc:
        names = attach(model, options, seed=seed).peft_names()
    else:
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        inject_adapter_in_model(LoraConfig(**options, task_type="CAUSAL_LM"), model)
        _fill(model, seed=seed)
        trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        names = {name: name.replace(f".{ADAPTER}.", ".") for name in trained}
    for parameter in model.parameters():
        if parameter.requires_grad and not isinstance(parameter, DTensor):
            parameter.register_post_accumulate_grad_hook(_average)
    return names


def _average(parameter: torch.Tensor) -> None:
    torch.distributed.all_reduce(parameter.grad, op=torch.distributed.ReduceOp.AVG)


def _fill(model: nn.Module, *, seed: int) -> None:
    """Set stock PEFT's adapters, in float32, to what planc draws for the same ones."""

    def drawn(shape: tuple[int, ...], name: str, fan_in: int) -> torch.Tensor:
        values = torch.empty(shape)
        fill(values, name=name, seed=seed, kind=False, rank=min(shape), fan_in=fan_in)
        return values

    def put(layer: Any, which: str, values: torch.Tensor) -> None:
        getattr(layer, which)[ADAPTER].weight = nn.Parameter(values.contiguous().to(model.device))

    for path, layer in dense_layers(model):
        if is_linear(layer):
            base, rank = layer.get_base_layer(), layer.r[ADAPTER]
            put(layer, "lora_A", drawn((rank, base.in_features), f"{path}.lora_A", base.in_features))
            put(layer, "lora_B", drawn((base.out_features, rank), f"{path}.lora_B", rank))
    for target, layer in wrapped_parameters(model):
        own, rank, experts = f"{target.module}.{target.parameter}", target.rank, range(target.num_experts)
        first = [drawn((rank, target.in_features), f"{own}.lora_A {each}", target.in_features) for each in experts]
        fan_in = rank * target.num_experts
        second = [drawn((target.out_features, rank), f"{own}.lora_B {each}", fan_in) for each in experts]
        put(layer, "lora_A", torch.cat(first))
        # Experts are fastest in the columns of lora_B.
        put(layer, "lora_B", torch.stack(second).permute(1, 2, 0).flatten(1))
