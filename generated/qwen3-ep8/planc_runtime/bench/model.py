"""A plan's model with fewer layers and random weights, sharded as training shards it, without a checkpoint."""

from __future__ import annotations

import zlib
from typing import Any

import torch
import transformers
from torch.distributed.tensor import DTensor
from torch.distributed.tensor._utils import compute_local_shape_and_global_offset
from transformers import CONFIG_MAPPING, DistributedConfig, PreTrainedModel

from planc_runtime.model import runs_here
from planc_runtime.unshared import manage, outside_of_fsdp

# Rows of a matrix that are drawn together: a rank draws every block that its shard touches.
BLOCK = 64


def build_model(
    config: dict[str, Any],
    *,
    architecture: str,
    dtype: torch.dtype,
    distributed_config: DistributedConfig,
    seed: int,
    attn_implementation: str | None = None,
    leaves_experts_out: bool = False,
) -> PreTrainedModel:
    """
    Return this rank's shard of the model, whose weights depend on `seed` and their places alone, not on the mesh.

    Args:
        config: a config.json; its `model_type` chooses the class of the configuration.
        architecture: the class of the model in transformers.
        dtype: format of the parameters.
        attn_implementation: what computes attention, where this process can; None for the release's choice.
        leaves_experts_out: whether experts that no other rank shares are outside of FSDP, as a bundle's are.
    """
    options = dict(config)
    configuration = CONFIG_MAPPING[options.pop("model_type")](**options)
    transformers.logging.set_verbosity_error()  # it would list every parameter as missing
    given = {}
    if attn_implementation is not None and runs_here(attn_implementation):
        given["attn_implementation"] = attn_implementation
    with outside_of_fsdp(distributed_config if leaves_experts_out else None) as unshared:
        model = getattr(transformers, architecture).from_pretrained(
            None, config=configuration, state_dict={}, dtype=dtype, distributed_config=distributed_config, **given
        )
    manage(model, unshared)
    std = getattr(configuration, "initializer_range", None) or 0.02
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            fill(name, parameter, std=std, seed=seed)
    return model


def fill(name: str, parameter: torch.nn.Parameter, *, std: float, seed: int) -> None:
    """Set this rank's rows of a parameter: ones for a norm, zeros for a bias, else normal numbers."""
    local, begin = parameter, 0
    if isinstance(parameter, DTensor):
        local = parameter.to_local()
        _, offsets = compute_local_shape_and_global_offset(parameter.shape, parameter.device_mesh, parameter.placements)
        begin = offsets[0] if offsets else 0
    if "norm" in name or name.endswith("bias"):
        local.fill_(float("norm" in name and not name.endswith("bias")))
        return
    rows = 1 if local.ndim > 2 else BLOCK
    end = begin + local.shape[0]
    generator = torch.Generator(local.device)
    for block in range(begin // rows, -(-end // rows)):
        generator.manual_seed(zlib.crc32(f"{seed} {name} {block}".encode()))
        drawn = torch.empty(rows, *local.shape[1:], device=local.device).normal_(0, std, generator=generator)
        first, last = max(begin, block * rows), min(end, (block + 1) * rows)
        local[first - begin : last - begin] = drawn[first - block * rows : last - block * rows].to(local.dtype)
