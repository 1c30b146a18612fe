"""Private names of transformers around a model: its experts, its masks, how it was loaded, how it is gathered to be saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from transformers.distributed.expert_parallel import AllToAllEP, EPImplementation, EPImplementationInterface
from transformers.distributed.fsdp import _get_fsdp_policy_kwargs
from transformers.masking_utils import LAYER_PATTERN_TO_MASK_FUNCTION_MAPPING as MASKS
from transformers.masking_utils import find_packed_sequence_indices

__all__ = [
    "MASKS",
    "AllToAllEP",
    "EPImplementation",
    "EPImplementationInterface",
    "ExpertsMesh",
    "apply_gate",
    "can_gather",
    "commit_of",
    "experts_implementation",
    "experts_mesh",
    "find_packed_sequence_indices",
    "forget_conversions",
    "gather",
    "gathered",
    "has_default_gate",
    "has_gpt_oss_gate",
]

REQUIRED = {
    "transformers.distributed.expert_parallel.EPImplementation": "ep_implementation planc",
    "transformers.distributed.expert_parallel.EPImplementationInterface": "ep_implementation planc",
    "transformers.distributed.expert_parallel.AllToAllEP": "experts that ep_implementation planc leaves to the stack",
    "transformers.distributed.fsdp._get_fsdp_policy_kwargs": "lora on experts",
    "transformers.distributed.mixin.DistributedMixin._mesh_manager": "lora on experts",
    "transformers.configuration_utils.PreTrainedConfig._experts_implementation": "experts that bring kernels of their own",
    "transformers.integrations.moe._default_apply_gate": "the gate of most experts",
    "transformers.models.gpt_oss.modeling_gpt_oss.GptOssExperts._apply_gate": "the gate of gpt_oss's experts",
    "transformers.masking_utils.LAYER_PATTERN_TO_MASK_FUNCTION_MAPPING": "keeping packed documents apart",
    "transformers.masking_utils.find_packed_sequence_indices": "keeping packed documents apart",
    "transformers.core_model_loading._weight_conversions": "saving a model that was dequantised",
    "transformers.distributed.mixin.DistributedMixin.should_save_on_this_rank": "saving a sharded model",
    "transformers.distributed.mixin.DistributedMixin.gather_sharded_state_dict_for_save": "saving a sharded model",
    "transformers.distributed.mixin.DistributedMixin.barrier_after_gathered_checkpoint_save": "saving a sharded model",
}


def commit_of(model: nn.Module) -> str | None:
    """The commit of the Hub repository that a model was loaded from; None of a folder."""
    return getattr(model.config, "_commit_hash", None)


def experts_implementation(experts: nn.Module) -> str | None:
    """The stock stack's name of what computes an experts module; None where it has no choice."""
    return getattr(experts.config, "_experts_implementation", None)


def has_default_gate(experts: nn.Module) -> bool:
    """Whether the experts' gate is act_fn(gate) * up: what transformers gives to every module that has none of its own."""
    own = getattr(type(experts), "_apply_gate", None)
    return own is not None and own.__module__ == "transformers.integrations.moe"


def has_gpt_oss_gate(experts: nn.Module) -> bool:
    """Whether the experts' gate is that of gpt_oss, with the module's `limit` and `alpha`."""
    own = getattr(type(experts), "_apply_gate", None)
    # By the name of the function: FSDP gives the module a class of its own, derived from this one.
    return own is not None and own.__qualname__ == "GptOssExperts._apply_gate"


def apply_gate(experts: nn.Module, gate_up: torch.Tensor) -> torch.Tensor:
    """The experts' own gate, on `gate_up` [A, 2I]: [A, I]."""
    return experts._apply_gate(gate_up)


@dataclass(frozen=True)
class ExpertsMesh:
    """
    How an experts module is cut.

    Attributes:
        ep: the axis that has each rank's experts; None where each rank has all of them.
        fsdp: the axes that FSDP cuts what a rank has of them on; None where no rank shares.
        policy: FSDP's options of the model.
        num_batches: distinct batches of a step, over whose gradients the mean is taken.
    """

    ep: DeviceMesh | None
    fsdp: DeviceMesh | None
    policy: dict[str, Any]
    num_batches: int

    def shard(self, module: nn.Module) -> None:
        """Have FSDP cut the parameters of a module that stands beside the experts, and average their gradients."""
        if self.fsdp is None:
            return
        fully_shard(module, mesh=self.fsdp, reshard_after_forward=True, **self.policy)
        if self.ep is not None:
            # Each expert has seen the batches of its whole ep group. The same rule as for the experts themselves.
            module.set_gradient_divide_factor(float(self.num_batches))
            if self.fsdp.size(self.fsdp.ndim - 1) > 1:
                module.set_force_sum_reduction_for_comms(True)


def experts_mesh(model: nn.Module, path: str) -> ExpertsMesh:
    """How the experts module at `path` is cut."""
    config, manager = getattr(model.config, "distributed_config", None), model._mesh_manager
    if manager is None:
        return ExpertsMesh(None, None, {}, 1)
    replicas = ("dp_replicate",) if config.dp_replicate_size > 1 else ()
    axes_of = {axis for each in model.get_submodule(path).parameters() for axis in _axes(each)}
    has_ep = "ep" in axes_of
    axes = (*replicas, "efsdp" if has_ep else "fsdp")
    return ExpertsMesh(
        ep=manager.get_mesh("ep") if has_ep else None,
        fsdp=manager.get_mesh(axes if replicas else axes[0]),
        policy=_get_fsdp_policy_kwargs(config),
        num_batches=config.dp_size,
    )


def _axes(parameter: torch.Tensor) -> tuple[str, ...]:
    return (parameter.device_mesh.mesh_dim_names or ()) if isinstance(parameter, DTensor) else ()


def forget_conversions(model: nn.Module) -> None:
    """Save a model under its names in memory, not under those that it was loaded from."""
    model._weight_conversions = None


def can_gather(model: nn.Module) -> bool:
    """Whether the model is one of transformers', which knows how its shards are put together."""
    return hasattr(model, "gather_sharded_state_dict_for_save")


def gather(model: Any) -> dict[str, torch.Tensor]:
    """The model's whole tensors on rank 0, in host memory. Every rank calls this; no disk is touched."""
    distributed = getattr(model.config, "distributed_config", None)
    is_first = model.should_save_on_this_rank(True)
    return model.gather_sharded_state_dict_for_save(model, model.state_dict(), distributed, save_on_this_rank=is_first)


@contextmanager
def gathered(model: Any, weights: dict[str, torch.Tensor], *, are_stored: bool = False) -> Iterator[None]:
    """
    While this is entered, `save_pretrained` writes these tensors, and rank 0 can call it alone.

    Args:
        are_stored: the names are those to store, not those in memory.
    """
    conversions = getattr(model, "_weight_conversions", None)
    if are_stored:
        model._weight_conversions = []
    model.gather_sharded_state_dict_for_save = lambda *_, **__: dict(weights)
    model.barrier_after_gathered_checkpoint_save = lambda *_, **__: None
    try:
        yield
    finally:
        model._weight_conversions = conversions
        del model.gather_sharded_state_dict_for_save
        del model.barrier_after_gathered_checkpoint_save
