"""Which class a model of several parts is loaded with, and which of its modules are not trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import transformers
from torch import nn
from transformers import PreTrainedModel

from planc_runtime.errors import UserError
from planc_runtime.parts.names import is_under


@dataclass(frozen=True)
class Parts:
    """
    A model of several parts.

    Attributes:
        architecture: the class of transformers, which the text model is a part of.
        towers: paths of the modules, or single parameters, beside the text model: encoders of images or sounds, and what
            joins them to it. A norm inside one comes before it where transformers' own plan has a unit for that: FSDP has to
            take an inner unit before the one around it.
        parameters: those of them that are single parameters.
    """

    architecture: str
    towers: tuple[str, ...]
    parameters: tuple[str, ...] = ()

    @classmethod
    def of_lock(cls, lock: Mapping[str, Any]) -> Parts | None:
        """Those of a bundle's model; None where it is a text model alone."""
        model = lock["model"]
        towers = tuple(model.get("towers") or ())
        return cls(model["architecture"], towers, tuple(model["tower_parameters"])) if towers else None

    def model_class(self) -> type[PreTrainedModel]:
        """
        The class itself.

        Raises:
            UserError: the installed transformers has none of that name.
        """
        return class_named(self.architecture)

    def fsdp_plan(self) -> dict[str, str]:
        """
        What FSDP does besides: each tower that is a module is a unit of its own.

        Rows of text never run one, so that its shards stay where they are. Left to the unit of the whole model, all of a
        tower would be gathered on every rank at the first step, and stay there.
        """
        return {path: "free_full_weight" for path in self.towers if path not in self.parameters}

    def freeze(self, model: nn.Module) -> None:
        """Give the towers neither gradients nor states of the optimizer: nothing of them is trained."""
        model.planc_towers = self.towers
        is_idle = is_of_tower(model)
        for name, parameter in model.named_parameters():
            if is_idle(name):
                parameter.requires_grad_(False)


def class_named(architecture: str) -> type[PreTrainedModel]:
    """
    A model class of transformers.

    Raises:
        UserError: the installed release has none of that name.
    """
    found = getattr(transformers, architecture, None)
    if found is None:
        raise UserError(
            f"transformers {transformers.__version__} has no class {architecture}; install the release that the plan names"
        )
    return found


def is_of_tower(model: nn.Module) -> Callable[[str], bool]:
    """Whether a parameter or buffer of `model` is of a tower, by its name."""
    return lambda name: is_under(name, getattr(model, "planc_towers", ()))


def text_config(config: Any) -> Any:
    """The part of a model's configuration that describes its text model; all of it where there is no other part."""
    return config.get_text_config(decoder=True)
