"""The tensors of a run by name: the model's as `model.<name>`, the optimizer's as `optimizer.state.<name>.<key>`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
from torch.distributed.tensor import DTensor

from planc_runtime.checkpoint.adapter import attached_to
from planc_runtime.checkpoint.pieces import pieces_of
from planc_runtime.checkpoint.planner import Held, State
from planc_runtime.errors import UserError
from planc_runtime.parts.parts import is_of_tower

MODEL = "model."
OPTIMIZER = "optimizer.state."


def model_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and persistent buffers, as they are sharded; a tied one under its first name only, a tower's not."""
    first = {name for name, _ in model.named_parameters()} | {name for name, _ in model.named_buffers()}
    # What is not trained is in the checkpoint that the run loads first, also where it goes on.
    is_left_out = is_of_tower(model)
    if attached_to(model) is not None:
        first = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    return {
        MODEL + name: value.detach()
        for name, value in model.state_dict().items()
        if name in first and not is_left_out(name)
    }


def optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """
    The optimizer's state.

    Raises:
        UserError: the optimizer keeps something that is not a tensor cut as its parameter is, or one number.
    """
    tensors = {}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if not _fits(value, parameter):
                raise UserError(
                    f"the optimizer {type(optimizer).__name__} cannot be saved: {key!r} of {name} is"
                    f" {_describe(value)}, and only tensors that are cut as the parameter is can be put together"
                    " again; set save_strategy to no, or another optim"
                )
            tensors[f"{OPTIMIZER}{name}.{key}"] = value
    return tensors


def _fits(value: Any, parameter: torch.Tensor) -> bool:
    if not isinstance(value, torch.Tensor):
        return False
    if value.dim() == 0:
        return True
    if isinstance(parameter, DTensor):
        cut_alike = isinstance(value, DTensor) and value.placements == parameter.placements
        return cut_alike and value.shape == parameter.shape and value.dtype == parameter.dtype
    return type(value) in (torch.Tensor, nn.Parameter) and value.dtype == parameter.dtype


def _describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a {type(value).__name__} of {value.dtype} {list(value.shape)}"
    return f"a {type(value).__name__}"


def held(tensors: dict[str, torch.Tensor]) -> State:
    """What this rank holds, without a copy: to be read into."""
    return {name: Held(tuple(value.shape), value.dtype, pieces_of(value)) for name, value in tensors.items()}


class Staging:
    """Copies of a rank's state in host memory, which a save writes while the step goes on. Kept for the next save."""

    def __init__(self) -> None:
        self.buffers: dict[str, torch.Tensor] = {}

    def copy(self, tensors: dict[str, torch.Tensor]) -> State:
        """Return copies that nothing changes until the next call."""
        state = {}
        for name, value in tensors.items():
            local = value.to_local() if isinstance(value, DTensor) else value
            buffer = self._buffer(name, local)
            buffer.copy_(local, non_blocking=True)
            state[name] = Held(tuple(value.shape), value.dtype, pieces_of(value, local=buffer))
        if torch.cuda.is_available():
            torch.cuda.current_stream().synchronize()
        return state

    def _buffer(self, name: str, local: torch.Tensor) -> torch.Tensor:
        buffer = self.buffers.get(name)
        if buffer is None or buffer.shape != local.shape or buffer.dtype != local.dtype:
            # Pinned memory is several times as fast to copy to.
            buffer = torch.empty(local.shape, dtype=local.dtype, pin_memory=local.is_cuda)
            self.buffers[name] = buffer
        return buffer


def check_model(metadata: Metadata, model: nn.Module) -> None:
    """Raise `UserError` unless the checkpoint holds exactly the model's tensors, in their shapes and formats."""
    stored = {name: value for name, value in metadata.state_dict_metadata.items() if name.startswith(MODEL)}
    found = model_tensors(model)
    for names, where in ((found.keys() - stored.keys(), "the model"), (stored.keys() - found.keys(), "the checkpoint")):
        if names:
            name = min(names).removeprefix(MODEL)
            more = f" and {len(names) - 1} more are" if len(names) > 1 else " is"
            raise UserError(f"the checkpoint is of another model: {name}{more} only in {where}")
    for name, value in found.items():
        size, dtype = stored[name].size, stored[name].properties.dtype
        if (size, dtype) != (value.shape, value.dtype):
            raise UserError(
                f"the checkpoint is of another model: {name.removeprefix(MODEL)} is {dtype} {list(size)} in it and"
                f" {value.dtype} {list(value.shape)} here"
            )


def make_optimizer_tensors(metadata: Metadata, model: nn.Module) -> dict[str, torch.Tensor]:
    """
    Zeros in the place of the optimizer's state of a checkpoint, cut as the model's parameters are here.

    They are made instead of taken from the optimizer, which has none before its first step.
    """
    parameters = dict(model.named_parameters())
    tensors = {}
    for name, key, stored in _optimizer_entries(metadata):
        parameter = parameters[name]
        if stored.size == parameter.shape:
            value = torch.zeros_like(parameter, dtype=stored.properties.dtype, requires_grad=False).detach()
        else:
            value = torch.zeros(stored.size, dtype=stored.properties.dtype)
        tensors[f"{OPTIMIZER}{name}.{key}"] = value
    return tensors


def _optimizer_entries(metadata: Metadata) -> Iterator[tuple[str, str, TensorStorageMetadata]]:
    for path, stored in metadata.state_dict_metadata.items():
        if path.startswith(OPTIMIZER):
            name, key = path.removeprefix(OPTIMIZER).rsplit(".", 1)
            yield name, key, stored


def give_to_optimizer(
    tensors: dict[str, torch.Tensor], model: nn.Module, optimizer: torch.optim.Optimizer, groups: list[dict[str, Any]]
) -> None:
    """Set an optimizer's state to `tensors` and the options of its groups to `groups`, one for each group it has."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    by_name: dict[str, dict[str, torch.Tensor]] = {}
    for path, value in tensors.items():
        name, key = path.removeprefix(OPTIMIZER).rsplit(".", 1)
        by_name.setdefault(name, {})[key] = value
    state, numbered, index = {}, [], 0
    for group, options in zip(optimizer.param_groups, groups, strict=True):
        indices = range(index, index + len(group["params"]))
        index = indices.stop
        numbered.append({**options, "params": list(indices)})
        for number, parameter in zip(indices, group["params"], strict=True):
            if names[parameter] in by_name:
                state[number] = by_name[names[parameter]]
    optimizer.load_state_dict({"state": state, "param_groups": numbered})
