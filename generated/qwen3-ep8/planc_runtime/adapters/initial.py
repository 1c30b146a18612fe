"""
First values of adapters: PEFT's distributions, drawn for each tensor or expert by its name.

The same seed gives the same values on every mesh: no value depends on what was drawn before it, or by which rank.
"""

from __future__ import annotations

import hashlib
import math

import torch
from torch import nn

from planc_runtime.errors import UserError

# What `init_lora_weights` may be.
KINDS = (True, False, "gaussian")


def check_kind(kind: bool | str) -> None:
    """Raise `UserError` unless adapters can begin so without the base weights."""
    if kind not in KINDS:
        raise UserError(f"init_lora_weights {kind!r} reads the base weights, which are sharded; take true or gaussian")


def fill(tensor: torch.Tensor, *, name: str, seed: int, kind: bool | str, rank: int, fan_in: int) -> None:
    """
    Write the first values of `lora_A` or `lora_B`, or of one expert's share of it, in place.

    Args:
        name: the tensor's, which ends in `lora_A` or `lora_B`, and the expert's number after that where it is one's.
        kind: PEFT's `init_lora_weights`: True, False or "gaussian".
        rank: of the adapter.
        fan_in: columns of the whole matrix as PEFT keeps it.
    """
    is_first = ".lora_A" in name
    if kind and not is_first:
        tensor.zero_()
        return
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    values = torch.empty(tensor.shape)
    if kind == "gaussian":
        nn.init.normal_(values, std=1 / rank, generator=generator)
    else:
        bound = 1 / math.sqrt(fan_in)  # kaiming_uniform_ with a = sqrt(5)
        values.uniform_(-bound, bound, generator=generator)
    tensor.copy_(values)
