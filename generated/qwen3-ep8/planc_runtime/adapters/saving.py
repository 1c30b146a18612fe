"""
A trained adapter in PEFT's own format: `adapter_config.json` and `adapter_model.safetensors`.

PEFT keeps the factors of all experts of a parameter side by side: row e * R + r of its `lora_A` [R * E, M] and column r * E + e
of its `lora_B` [N, R * E] are of expert e.

Shapes: E experts of all ranks, M columns that go in, N columns that come out, R rank.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from peft import LoraConfig
from safetensors.torch import save_file
from torch import nn
from torch.distributed.tensor import DTensor

from planc_runtime.merge.adapter import FINGERPRINT, WEIGHTS
from planc_runtime.stack.peft import ADAPTER, Target


def gather(
    model: nn.Module,
    targets: Iterable[Target],
    dense: Iterable[str],
    of: Callable[[nn.Parameter], torch.Tensor] = lambda parameter: parameter,
) -> dict[str, torch.Tensor]:
    """
    The adapter's whole tensors by PEFT's names, in host memory. Every rank calls this.

    Args:
        targets: experts' parameters that have one.
        dense: paths of PEFT's layers.
        of: what of each parameter, which is cut as it is: itself, or its gradient.
    """
    tensors = {}
    for path in dense:
        layer = model.get_submodule(path)
        for which in ("lora_A", "lora_B"):
            tensors[f"base_model.model.{path}.{which}.weight"] = _whole(of(getattr(layer, which)[ADAPTER].weight))
    for target in targets:
        adapter = model.get_submodule(target.module).adapters.of[target.parameter]
        begin = f"base_model.model.{target.module}.{target.prefix}"
        tensors[f"{begin}lora_A.weight"] = _whole(of(adapter.lora_A)).flatten(0, 1)
        tensors[f"{begin}lora_B.weight"] = _whole(of(adapter.lora_B)).permute(1, 2, 0).flatten(1).contiguous()
    return tensors


def _whole(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.full_tensor() if isinstance(tensor, DTensor) else tensor).detach().cpu()


def write(
    folder: Path, config: LoraConfig, tensors: dict[str, torch.Tensor], *, base: str, fingerprint: str | None = None
) -> None:
    """
    Write the adapter, each file under another name first.

    Args:
        config: as PEFT has rewritten it for the family.
        base: the checkpoint that it was trained on.
        fingerprint: of that checkpoint, as `planc_runtime.merge.weights` has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    prepared = folder / f"{WEIGHTS}.tmp"
    metadata = {"format": "pt"} if fingerprint is None else {"format": "pt", FINGERPRINT: fingerprint}
    save_file(tensors, prepared, metadata=metadata)
    os.replace(prepared, folder / WEIGHTS)
    config = copy.copy(config)
    config.inference_mode, config.base_model_name_or_path = True, base
    config.save_pretrained(str(folder))
