"""This rank's experts on pairs that are ordered by expert: two grouped matrix products and an activation between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from planc_runtime.dispatch.grouped import add_bias, grouped_linear
from planc_runtime.kernels import activated, gated
from planc_runtime.stack.transformers import apply_gate, experts_implementation, has_default_gate, has_gpt_oss_gate


def why_not(experts: nn.Module) -> str | None:
    """Why this module's experts cannot be driven pair by pair; None where they can."""
    flags = ("has_gate", "has_bias", "is_transposed", "is_concatenated", "has_post_expert_norm", "num_experts")
    missing = [flag for flag in flags if not hasattr(experts, flag)]
    if missing:
        return f"{type(experts).__name__} does not say how it computes ({missing[0]} is missing)"
    implementation = experts_implementation(experts)
    if implementation not in ("grouped_mm", "eager", "batched_mm", None):
        return f"experts_implementation {implementation} brings kernels of its own"
    up = "gate_up_proj" if experts.has_gate else "up_proj"
    wanted = {up, "down_proj"} | ({f"{up}_bias", "down_proj_bias"} if experts.has_bias else set())
    if experts.has_post_expert_norm:
        wanted |= {name for name, _ in experts.named_parameters() if name.startswith("post_expert_norm.")}
    names = {name for name, _ in experts.named_parameters()}
    if names != wanted:
        return f"{type(experts).__name__} has the parameters {', '.join(sorted(names))}"
    return None


@dataclass(frozen=True)
class Pairs:
    """
    What the experts of a rank compute on.

    Attributes:
        rows: [P, H] in the order of the experts.
        weights: [P] float32 routing weights.
        experts: [P] int32 number of the expert.
        offsets: [L] int32 end of each expert's rows.
    """

    rows: torch.Tensor
    weights: torch.Tensor
    experts: torch.Tensor
    offsets: torch.Tensor


def run_experts(experts: nn.Module, pairs: Pairs, *, recompute: bool) -> torch.Tensor:
    """
    The weighted output of each pair [P, H].

    Weights go into the activation, before the down projection: their gradient is then a dot product of the experts'
    width, and what comes out needs only to be summed. Where a norm follows the experts they come after it.

    Args:
        recompute: whether the backward pass multiplies again instead of keeping what lies between the projections.
    """
    # Taken now: while the backward pass runs this again, the module no longer holds its local tensors.
    parameters = dict(experts.named_parameters(recurse=False))
    weights = None if experts.has_post_expert_norm else pairs.weights
    arguments = (experts, parameters, pairs, weights)
    outer = checkpoint(_multiply, *arguments, use_reentrant=False) if recompute else _multiply(*arguments)
    if experts.has_post_expert_norm:
        outer = weighed(experts.post_expert_norm(outer), pairs.weights)
    return outer


def _multiply(
    experts: nn.Module, parameters: dict[str, torch.Tensor], pairs: Pairs, weights: torch.Tensor | None
) -> torch.Tensor:
    up = "gate_up_proj" if experts.has_gate else "up_proj"
    transposed = experts.is_transposed
    inner = grouped_linear(pairs.rows, parameters[up], pairs.offsets, transposed=transposed)
    inner = _activate(experts, inner, parameters.get(f"{up}_bias"), weights, pairs)
    outer = grouped_linear(inner, parameters["down_proj"], pairs.offsets, transposed=transposed)
    if experts.has_bias:
        outer = add_bias(outer, parameters["down_proj_bias"], pairs.experts, pairs.offsets, weights=weights)
    return outer


# Activation modules, by the name of their class, that have a kernel.
KINDS = {
    "SiLU": "silu",
    "SiLUActivation": "silu",
    "GELUActivation": "gelu",
    "GELUTanh": "gelu_tanh",
    "PytorchGELUTanh": "gelu_tanh",
    "ReLUSquaredActivation": "relu2",
}


def _activate(
    experts: nn.Module, rows: torch.Tensor, bias: torch.Tensor | None, weights: torch.Tensor | None, pairs: Pairs
) -> torch.Tensor:
    """What stands between the projections, [P, I], by a kernel where there is one for it, else by the module's own code."""
    kind = KINDS.get(type(getattr(experts, "act_fn", None)).__name__)
    ends = None if bias is None else pairs.offsets
    if experts.has_gate and has_default_gate(experts) and kind is not None:
        return gated(rows, weights, kind, bias=bias, ends=ends)
    if has_gpt_oss_gate(experts):
        limit, alpha = experts.limit, experts.alpha
        return gated(rows, weights, "swiglu_oai", interleaved=True, limit=limit, alpha=alpha, bias=bias, ends=ends)
    if bias is not None:
        rows = add_bias(rows, bias, pairs.experts, pairs.offsets)
    if not experts.has_gate and kind is not None:
        return activated(rows, weights, kind)
    return weighed(apply_gate(experts, rows) if experts.has_gate else experts.act_fn(rows), weights)


def weighed(rows: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Rows [P, N] times their weights [P]."""
    return rows if weights is None else rows * weights.unsqueeze(1).to(rows.dtype)
