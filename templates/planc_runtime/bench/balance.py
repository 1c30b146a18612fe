"""Routing as a trained model has it. Random weights send several times the mean to some experts, which training evens out."""

from __future__ import annotations

import zlib
from typing import Any

import torch

from planc_runtime.metrics.sources import experts_modules

# How far apart the logarithms of the experts' shares are: the fullest of 128 gets about 1.3 times the mean.
SPREAD = 0.1


class Balance:
    """
    Gives experts modules choices that are drawn, in place of the router's; its weights stay, and so do their gradients.

    A choice depends on the seed, the module, the rank and the token's place, so every variant and every recompute has the same.
    """

    def __init__(self, model: torch.nn.Module, *, seed: int, rank: int) -> None:
        self._known: dict[tuple[str, torch.Size], torch.Tensor] = {}
        for name, module, stack in experts_modules(model):
            hook = self._hook(name, stack.shape[0], seed, rank)
            # Before whoever counts choices, and before tokens are sent.
            module.register_forward_pre_hook(hook, with_kwargs=True, prepend=True)

    def _hook(self, name: str, num_experts: int, seed: int, rank: int) -> Any:
        def replaced(value: Any) -> Any:
            if not isinstance(value, torch.Tensor) or value.is_floating_point():
                return value
            key = (name, value.shape)
            if key not in self._known:
                drawn = draw(value.shape[0], value.shape[1], num_experts, name=name, seed=seed, rank=rank)
                self._known[key] = drawn.to(value)
            return self._known[key]

        def hook(_: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return tuple(map(replaced, args)), {key: replaced(value) for key, value in kwargs.items()}

        return hook


def draw(num_tokens: int, num_choices: int, num_experts: int, *, name: str, seed: int, rank: int) -> torch.Tensor:
    """[tokens, choices] numbers of experts, those of a token different, over all ranks."""
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
    shares_E = torch.randn(num_experts, generator=generator) * SPREAD
    generator.manual_seed(zlib.crc32(f"{seed} {name} {rank}".encode()))
    # The largest of logarithms of shares with Gumbel noise are a draw by shares, without putting back.
    noise_TE = -torch.log(torch.empty(num_tokens, num_experts).exponential_(generator=generator))
    return (shares_E + noise_TE).topk(num_choices, dim=1).indices
