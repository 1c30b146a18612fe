"""
The adapters of one experts module, a module of its own that FSDP shards.

Shapes: A assignments, E local experts, M columns that go in, N columns that come out, R rank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import nn
from torch.distributed.tensor import DTensor
from torch.nn import functional

from planc_runtime.dispatch.grouped import ALIGNMENT, grouped_linear


class Factors(NamedTuple):
    """Both factors of an adapter on this rank: `a_ERM` and `b_ENR`, in the format of the rows; `scaling` is PEFT's."""

    a_ERM: torch.Tensor
    b_ENR: torch.Tensor
    scaling: float

    def add_to(self, output_AN: torch.Tensor, rows_AM: torch.Tensor, offsets_E: torch.Tensor) -> torch.Tensor:
        """The base's product plus the adapter's, [A, N]; `output_AN` is written over."""
        low_AR = grouped_linear(rows_AM, self.a_ERM, offsets_E, transposed=False) * self.scaling
        return output_AN.add_(grouped_linear(low_AR, self.b_ENR, offsets_E, transposed=False))


class Adapter(nn.Module):
    """
    The factors of one parameter: `lora_A` [E, R, M] and `lora_B` [E, N, R], float32, the experts of this rank alone.

    They are DTensors where a mesh cuts them.
    """

    def __init__(self, lora_A: torch.Tensor, lora_B: torch.Tensor, scaling: float) -> None:
        super().__init__()
        self.lora_A, self.lora_B = nn.Parameter(lora_A), nn.Parameter(lora_B)
        self.scaling = scaling

    def factors(self, dtype: torch.dtype) -> Factors:
        """The factors of this rank's experts in `dtype`, their rank filled with zeros up to what a grouped product takes."""
        a_ERM, b_ENR = (
            (each.to_local() if isinstance(each, DTensor) else each).to(dtype) for each in (self.lora_A, self.lora_B)
        )
        unit = ALIGNMENT // a_ERM.element_size()
        missing = -a_ERM.shape[1] % unit
        if missing:
            a_ERM, b_ENR = functional.pad(a_ERM, (0, 0, 0, missing)), functional.pad(b_ENR, (0, missing))
        return Factors(a_ERM, b_ENR, self.scaling)


class ExpertAdapters(nn.Module):
    """
    The adapters of an experts module by its parameters' names.

    The experts' products run inside of `forward`, so that FSDP has the factors together while they run, forward and
    backward.
    """

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        super().__init__()
        self.of = nn.ModuleDict(adapters)
        # Off, the experts compute as the base does.
        self.is_on = True

    def forward(
        self,
        multiply: Callable[[torch.Tensor, torch.Tensor | None, dict[str, Factors]], torch.Tensor],
        rows_AM: torch.Tensor,
        weights_A: torch.Tensor | None,
    ) -> torch.Tensor:
        """What `multiply` makes of the rows, their weights and the factors."""
        if not self.is_on:
            return multiply(rows_AM, weights_A, {})
        return multiply(rows_AM, weights_A, {name: adapter.factors(rows_AM.dtype) for name, adapter in self.of.items()})
