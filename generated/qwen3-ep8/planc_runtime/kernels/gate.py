"""Which activation an expert has, as a value, and what is added before it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

KINDS = ("silu", "gelu", "gelu_tanh", "relu2", "swiglu_oai")


@dataclass(frozen=True, kw_only=True)
class Gate:
    """
    An activation, checked.

    - kind: one of `KINDS`; `gelu` is the exact one, `gelu_tanh` its tanh approximation, `relu2` the square of relu,
      `swiglu_oai` is x * sigmoid(alpha * x) times (up + 1) and always gated;
    - is_gated: rows hold gate and up, and the activation of the one multiplies the other;
    - is_interleaved: gate and up alternate column by column, instead of a half each;
    - limit: gate is clamped to at most this, up to this both ways, before anything else;
    - alpha: the slope inside the sigmoid of `swiglu_oai`.
    """

    kind: str
    is_gated: bool
    is_interleaved: bool = False
    limit: float | None = None
    alpha: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"activation {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.kind == "swiglu_oai" and not self.is_gated:
            raise ValueError("swiglu_oai multiplies by up + 1: it needs gate and up, use gated")
        if (self.kind == "swiglu_oai") != (self.alpha is not None):
            raise ValueError(f"alpha is {self.alpha} with {self.kind}; swiglu_oai needs it and no other kind has it")


@dataclass(frozen=True, kw_only=True)
class Bias:
    """
    What is added to each row before its activation: row a takes the one of expert `experts_A[a]`.

    Shapes: E experts, D = 2I columns, A rows.
    """

    bias_ED: torch.Tensor
    experts_A: torch.Tensor
