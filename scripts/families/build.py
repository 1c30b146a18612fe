"""Builds a model on the meta device and says what it holds."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

Path = tuple[str | int, ...]


@dataclass
class Snapshot:
    """What a model holds: names as in its state dict."""

    parameters: dict[str, tuple[int, ...]] = field(default_factory=dict)
    buffers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    config: Any = None
    model: Any = None

    @cached_property
    def everything(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """Sort and name → shape, of parameters, buffers and modules without parameters."""
        owners = {name[:end] for name in [*self.parameters, *self.tied] for end, letter in enumerate(name) if letter == "."}
        found = {("parameter", name): shape for name, shape in self.parameters.items()}
        found |= {("buffer", name): shape for name, shape in self.buffers.items()}
        return found | {("module", name): () for name in self.modules if name not in owners}

    def shape(self, name: str) -> tuple[int, ...] | None:
        return self.parameters.get(name) or self.buffers.get(name)


def made(model_type: str, config: dict[str, Any]) -> Any:
    values = {key: value for key, value in copy.deepcopy(config).items() if key != "model_type"}
    return CONFIG_MAPPING[model_type](**values)


def build(class_name: str, config: dict[str, Any]) -> Snapshot:
    """Build `class_name` of transformers from a config.json's values, which name their `model_type`."""
    made_config = made(config["model_type"], config)
    with torch.device("meta"):
        model = getattr(transformers, class_name)._from_config(made_config)
    found = Snapshot(config=made_config, model=model)
    by_id: dict[int, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if id(parameter) in by_id:
            found.tied[name] = by_id[id(parameter)]
        else:
            by_id[id(parameter)] = name
            found.parameters[name] = tuple(parameter.shape)
    for name, tensor in model.state_dict().items():
        if name not in found.parameters and name not in found.tied:
            found.buffers[name] = tuple(tensor.shape)
    found.modules = {name for name, _ in model.named_modules() if name}
    return found


def read(config: dict[str, Any], path: Path) -> Any:
    for key in path:
        config = config[key]
    return config


def changed(config: dict[str, Any], changes: dict[Path, Any]) -> dict[str, Any]:
    """A copy of a config with other values at some places."""
    copied = copy.deepcopy(config)
    for path, value in changes.items():
        at = copied
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
    return copied


def spelled(path: Path) -> str:
    """A place of a config as formulas write it: vision_config.depth, moe_intermediate_size[0]."""
    return re.sub(r"\.\[", "[", ".".join(f"[{key}]" if isinstance(key, int) else key for key in path))
