"""
Options of parameter groups and the learning-rate schedule, by parameter instead of by group.

The trainer makes a group of each mesh that it finds parameters on, so another mesh has another number of groups.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from planc_runtime.errors import UserError


def capture(model: nn.Module, optimizer: torch.optim.Optimizer, scheduler: Any) -> dict[str, Any]:
    """The groups with the names of their parameters, and the schedule's state."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    groups = [
        {**group, "params": [names[parameter] for parameter in group["params"]]} for group in optimizer.param_groups
    ]
    return {"groups": groups, "scheduler": scheduler.state_dict()}


def group_options(saved: dict[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """
    The saved options of each group that the optimizer has now.

    Raises:
        UserError: a group holds parameters whose options differed.
    """
    return [
        {key: value for key, value in saved["groups"][source].items() if key != "params"}
        for source in _sources(saved, model, optimizer)
    ]


def restore_schedule(saved: dict[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer, scheduler: Any) -> None:
    """Set the schedule's state; what it keeps for each group goes where the group's parameters are now."""
    sources = _sources(saved, model, optimizer)
    num_groups = len(saved["groups"])
    state = {
        key: [value[source] for source in sources] if isinstance(value, list) and len(value) == num_groups else value
        for key, value in saved["scheduler"].items()
    }
    scheduler.load_state_dict(state)


def _sources(saved: dict[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer) -> list[int]:
    """For each group of the optimizer, the number of the saved group that its parameters were in."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    saved_in = {name: number for number, group in enumerate(saved["groups"]) for name in group["params"]}
    sources = []
    for group in optimizer.param_groups:
        found = sorted({saved_in[names[parameter]] for parameter in group["params"]} or {0})
        first, *others = ({**saved["groups"][number], "params": None} for number in found)
        if any(other != first for other in others):
            raise UserError("parameters that the optimizer treats alike here had different options in the checkpoint")
        sources.append(found[0])
    return sources
