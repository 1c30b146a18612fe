"""A trained adapter, from PEFT's files into a sharded model: each rank takes what it holds of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from planc_runtime.adapters.attach import Attached, attach
from planc_runtime.checkpoint.pieces import pieces_of
from planc_runtime.errors import UserError
from planc_runtime.merge.adapter import Adapter
from planc_runtime.merge.weights import fingerprint_of
from planc_runtime.paths import BUNDLE, of_plan
from planc_runtime.stack.peft import ADAPTER


def trained_adapter() -> Path:
    """The folder where the plan's run leaves its adapter."""
    plan, task = _lock()["plan"], _lock()["trainer"]["task"]
    return Path(of_plan(plan[task].get("output_dir") or f"output/{plan['name']}", is_path=True))


def load_adapter(
    model: nn.Module, options: Mapping[str, Any], folder: Path, *, checkpoint: str, revision: str | None
) -> None:
    """
    Give a loaded model the trained adapter in `folder`. Every rank calls this.

    Args:
        options: the keyword arguments of PEFT's `LoraConfig`.
        checkpoint: what the model was loaded from, a folder or a Hub id.
        revision: commit of a Hub id.

    Raises:
        UserError: the folder has no adapter of this plan, or one of another base.
    """
    adapter = Adapter.read(folder, _lock())
    own = fingerprint_of(checkpoint, revision)
    if None not in (own, adapter.fingerprint) and own != adapter.fingerprint:
        raise UserError(
            f"the adapter in {folder} was trained on {adapter.base}, which {checkpoint} is not; name it with --model"
        )
    attached = attach(model, options, seed=0)
    with torch.no_grad():
        for parameter, first, second in _places(model, attached):
            for place, factor in zip((first, second), adapter.factors(parameter), strict=True):
                for piece in pieces_of(place.detach()):
                    sizes = zip(piece.offsets, piece.values.shape, strict=True)
                    piece.values.copy_(factor[tuple(slice(at, at + size) for at, size in sizes)])


def _places(model: nn.Module, attached: Attached) -> Iterator[tuple[str, nn.Parameter, nn.Parameter]]:
    """The name of each parameter with an adapter, and both factors in the model."""
    for path in attached.dense:
        layer = model.get_submodule(path)
        yield f"{path}.weight", layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
    for target in attached.targets:
        own = model.get_submodule(target.module).adapters.of[target.parameter]
        yield f"{target.module}.{target.parameter}", own.lora_A, own.lora_B


def _lock() -> dict[str, Any]:
    return json.loads((BUNDLE / "plan.lock.json").read_text(encoding="utf-8"))
