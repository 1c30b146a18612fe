"""Give a loaded model its adapters: PEFT finds the targets, dense ones stay PEFT's, those of experts become planc's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from torch import nn
from torch.distributed.tensor import DTensor, Shard

from planc_runtime import dispatch
from planc_runtime.adapters import saving
from planc_runtime.adapters.experts import Adapter, ExpertAdapters
from planc_runtime.adapters.initial import check_kind, fill
from planc_runtime.dispatch.experts import why_not
from planc_runtime.dispatch.local import LocalExperts
from planc_runtime.errors import UserError
from planc_runtime.merge.weights import fingerprint_of
from planc_runtime.stack.peft import ADAPTER, Target, dense_layers, inject, is_linear, unwrap_parameters
from planc_runtime.stack.transformers import ExpertsMesh, experts_mesh


@dataclass(frozen=True)
class Attached:
    """
    The adapters of a model.

    Attributes:
        options: the arguments that it was made from.
        config: as PEFT has rewritten it for the family.
        targets: experts' parameters.
        dense: paths of PEFT's layers.

    What saves a run asks these two, so that a run without adapters imports nothing of PEFT.
    """

    options: Mapping[str, Any]
    config: LoraConfig
    targets: tuple[Target, ...]
    dense: tuple[str, ...]

    def peft_names(self) -> dict[str, str]:
        """Each parameter that is trained, and what PEFT calls it: those of an experts module are around it one after another."""
        both = ("lora_A", "lora_B")
        dense = {f"{path}.{which}.{ADAPTER}.weight": f"{path}.{which}.weight" for path in self.dense for which in both}
        experts = {
            f"{target.module}.adapters.of.{target.parameter}.{which}": f"{target.module}.{target.prefix}{which}.weight"
            for target in self.targets
            for which in both
        }
        return dense | experts

    def gather(self, model: nn.Module) -> dict[str, torch.Tensor]:
        """The adapter's whole tensors by PEFT's names, in host memory. Every rank calls this."""
        return saving.gather(model, self.targets, self.dense)

    def gather_gradients(self, model: nn.Module) -> dict[str, torch.Tensor]:
        """The whole gradients of the adapter's tensors, by the same names. Every rank calls this, after the backward pass."""
        return saving.gather(model, self.targets, self.dense, of=lambda parameter: parameter.grad)

    def write(self, folder: Path, tensors: dict[str, torch.Tensor], *, base: str, revision: str | None) -> None:
        """Write the adapter, gathered, in PEFT's format; `base` is the checkpoint that it was trained on, or its Hub id."""
        saving.write(folder, self.config, tensors, base=base, fingerprint=fingerprint_of(base, revision))


def attach(model: nn.Module, options: Mapping[str, Any], *, seed: int) -> Attached:
    """
    Freeze a loaded model and give it adapters, in float32. Every rank calls this, before the optimizer is made.

    Args:
        options: the keyword arguments of PEFT's `LoraConfig`.
        seed: of the first values.

    Raises:
        UserError: PEFT finds no such target, or a target cannot have an adapter on this mesh.
    """
    config = LoraConfig(**options, task_type="CAUSAL_LM")
    check_kind(config.init_lora_weights)
    distributed = getattr(model.config, "distributed_config", None)
    if getattr(distributed, "tp_size", 1) > 1:
        raise UserError(
            "lora with tp_size above 1 does not work: a rank has a slice of each module that an adapter is of"
        )
    try:
        inject(model, config)
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"PEFT refuses lora: {error}") from error
    targets = tuple(unwrap_parameters(model))
    dense = []
    for name, layer in dense_layers(model):
        if not is_linear(layer):
            raise UserError(f"lora on {name}, a {type(layer.get_base_layer()).__name__}, does not work; leave it out")
        _materialize(name, layer, seed=seed, kind=config.init_lora_weights, device=model.device)
        dense.append(name)
    for module in dict.fromkeys(target.module for target in targets):
        own = [target for target in targets if target.module == module]
        _attach_to_experts(model, own, seed=seed, kind=config.init_lora_weights)
    attached = Attached(options, config, targets, tuple(dense))
    model.planc_adapters = attached
    return attached


def _materialize(name: str, layer: Any, *, seed: int, kind: bool | str, device: torch.device) -> None:
    """First values of a dense module's adapter, the same on every rank."""
    base, rank = layer.get_base_layer(), layer.r[ADAPTER]
    # The whole module's: over replicas PEFT takes the rows of this rank's shard for all that there are.
    sizes = {"lora_A": (rank, base.in_features), "lora_B": (base.out_features, rank)}
    for which, size in sizes.items():
        linear = getattr(layer, which)[ADAPTER]
        linear.out_features, linear.in_features = size
        values = torch.empty(size)
        fill(values, name=f"{name}.{which}", seed=seed, kind=kind, rank=rank, fan_in=size[1])
        linear.weight = nn.Parameter(values.to(device))


def _attach_to_experts(model: nn.Module, targets: list[Target], *, seed: int, kind: bool | str) -> None:
    """Make the adapters of one experts module, cut over the ranks as its experts are."""
    path = targets[0].module
    experts, mesh = model.get_submodule(path), experts_mesh(model, path)
    distributed = getattr(model.config, "distributed_config", None)
    for target in targets:
        if target.parameter not in ("gate_up_proj", "up_proj", "down_proj") or target.num_experts == 1:
            raise UserError(f"lora on {path}.{target.parameter} does not work; it is no projection of experts")
    reason = why_not(experts)
    if reason is None and mesh.ep is not None and distributed.ep_implementation != dispatch.NAME:
        reason = f"ep_implementation {distributed.ep_implementation} computes them without; take {dispatch.NAME}"
    if reason is not None:
        raise UserError(f"lora on the experts {path} does not work: {reason}")
    adapters = ExpertAdapters(
        {target.parameter: _make(target, mesh, seed=seed, kind=kind, device=model.device) for target in targets}
    )
    mesh.shard(adapters)
    experts.adapters = adapters
    if mesh.ep is None:
        experts.forward = LocalExperts(experts)
    experts.recomputes_products = False  # set by planc_runtime.recompute


def _make(target: Target, mesh: ExpertsMesh, *, seed: int, kind: bool | str, device: torch.device) -> Adapter:
    """The adapter of this rank's experts, not yet cut by FSDP."""
    size, place = (1, 0) if mesh.ep is None else (mesh.ep.size(), mesh.ep.get_local_rank())
    num_local = target.num_experts // size
    tensors = []
    for which, shape in (
        ("lora_A", (target.rank, target.in_features)),
        ("lora_B", (target.out_features, target.rank)),
    ):
        fan_in = target.in_features if which == "lora_A" else target.rank * target.num_experts
        values = torch.empty((num_local, *shape))
        for number, one in enumerate(values, start=place * num_local):
            name = f"{target.module}.{target.parameter}.{which} {number}"
            fill(one, name=name, seed=seed, kind=kind, rank=target.rank, fan_in=fan_in)
        values = values.to(device)
        tensors.append(values if mesh.ep is None else DTensor.from_local(values, mesh.ep, [Shard(0)], run_check=False))
    return Adapter(*tensors, target.scaling)
