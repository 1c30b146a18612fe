"""
Private names of transformers around saving a model: which files it would write, found out without its weights.

`save_pretrained` runs as it is, with tensors that have shapes alone. What it hands to safetensors is recorded, and of each
tensor which numbers of which one in memory it is made of: ways back from names in memory to stored ones take views, copies of
them are left out, and a view knows where it begins and its strides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import split_state_dict_into_shards_factory
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import modeling_utils

__all__ = ["StoredFile", "UntracedError", "View", "recorded"]

REQUIRED = {
    "transformers.modeling_utils.remove_tied_weights_from_state_dict": "saving a model from all ranks at once",
    "transformers.modeling_utils.revert_weight_conversion": "saving a model from all ranks at once",
    "transformers.modeling_utils.safe_save_file": "saving a model from all ranks at once",
    "transformers.modeling_utils.split_torch_state_dict_into_shards": "saving a model from all ranks at once",
}


class UntracedError(Exception):
    """A tensor to store is not a view of one in memory; the message names it."""


@dataclass(frozen=True)
class View:
    """A tensor to store: its element [i, j, ...] is number offset + i * strides[0] + j * strides[1] + ... of `parameter`."""

    parameter: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int


@dataclass(frozen=True)
class StoredFile:
    """A safetensors file: its name, the text in its header, and its tensors by name."""

    name: str
    metadata: dict[str, str]
    tensors: dict[str, View]


class _WithoutCopies(TorchDispatchMode):
    """Where a tensor would be copied to be contiguous, the view itself goes on."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.clone.default:
            return torch.ops.aten.alias.default(args[0])
        return func(*args, **(kwargs or {}))


@contextmanager
def recorded(model: Any, weights: Mapping[str, torch.Tensor], *, is_sharded: bool) -> Iterator[list[StoredFile]]:
    """
    While this is entered, `save_pretrained` of the model writes everything but its weights; those are what is yielded.

    Args:
        weights: what the model's state has, by name, whole, on the meta device.
        is_sharded: the stack would gather the weights, and make two of one that has two names.
    """
    files: list[StoredFile] = []
    names = {tensor.untyped_storage()._cdata: name for name, tensor in weights.items()}
    views: dict[str, torch.Tensor] = {}
    own = {name: getattr(modeling_utils, name.rsplit(".", 1)[1]) for name in REQUIRED}
    tied, revert, save, split = own.values()

    def revert_twice(of: Any, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        try:
            with _WithoutCopies():
                views.update(revert(of, dict(state)))
        except RuntimeError as error:
            raise UntracedError(f"the way back to stored names takes more than views: {error}") from error
        return revert(of, state)

    def split_as_with_numbers(state: dict[str, torch.Tensor], **options: Any) -> Any:
        # Tensors without numbers are taken for ones that share nothing.
        return split_state_dict_into_shards_factory(
            state,
            get_storage_size=lambda tensor: tensor.untyped_storage().nbytes(),
            get_storage_id=lambda tensor: tensor.untyped_storage()._cdata,
            **options,
        )

    def record(tensors: Mapping[str, torch.Tensor], path: str, metadata: dict[str, str]) -> None:
        found = {}
        for name, tensor in tensors.items():
            view = views.get(name)
            parameter = None if view is None else names.get(view.untyped_storage()._cdata)
            if parameter is None or (view.shape, view.dtype) != (tensor.shape, tensor.dtype):
                raise UntracedError(f"{name} is no view of a tensor in memory")
            found[name] = View(parameter, view.dtype, tuple(view.shape), view.stride(), view.storage_offset())
        files.append(StoredFile(Path(path).name, dict(metadata), found))

    if is_sharded:
        modeling_utils.remove_tied_weights_from_state_dict = lambda state, _: state
    modeling_utils.revert_weight_conversion = revert_twice
    modeling_utils.safe_save_file = record
    modeling_utils.split_torch_state_dict_into_shards = split_as_with_numbers
    model.gather_sharded_state_dict_for_save = lambda *_, **__: dict(weights)
    model.barrier_after_gathered_checkpoint_save = lambda *_, **__: None
    try:
        yield files
    finally:
        modeling_utils.remove_tied_weights_from_state_dict = tied
        modeling_utils.revert_weight_conversion = revert
        modeling_utils.safe_save_file = save
        modeling_utils.split_torch_state_dict_into_shards = split
        del model.gather_sharded_state_dict_for_save
        del model.barrier_after_gathered_checkpoint_save
