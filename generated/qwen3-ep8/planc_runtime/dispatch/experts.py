"""
The local experts on assignments that are ordered by expert: two grouped matrix products and an activation between them.

Shapes: A assignments, H hidden size, I the experts' intermediate size, D what the first product gives, 2I with a gate and
else I, E local experts, N any number of columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from planc_runtime.dispatch.grouped import add_bias, grouped_linear
from planc_runtime.kernels import activated, gated
from planc_runtime.stack.transformers import apply_gate, experts_implementation, has_default_gate, has_gpt_oss_gate


def why_not(experts: nn.Module) -> str | None:
    """Why this module's experts cannot be driven one assignment after another; None where they can."""
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
class Assignments:
    """
    What the local experts compute on, in their order.

    Attributes:
        rows_AH: the row of each assignment.
        weights_A: float32 routing weights.
        local_experts_A: int32 number of the expert on this rank.
        offsets_E: int32 end of each expert's assignments.
    """

    rows_AH: torch.Tensor
    weights_A: torch.Tensor
    local_experts_A: torch.Tensor
    offsets_E: torch.Tensor


class Addend(Protocol):
    """What is added to a projection."""

    def add_to(self, output_AN: torch.Tensor, rows_AM: torch.Tensor, offsets_E: torch.Tensor) -> torch.Tensor:
        """The sum, [A, N]."""


def run_experts(experts: nn.Module, assignments: Assignments, *, recompute: bool) -> torch.Tensor:
    """
    The weighted output of each assignment, [A, H].

    Weights go into the activation, before the down projection: their gradient is then a dot product of the experts'
    width, and what comes out needs only to be summed. Where a norm follows the experts they come after it.

    Args:
        recompute: whether the backward pass multiplies again instead of keeping what lies between the projections.
    """
    # Taken now: while the backward pass runs this again, the module no longer holds its local tensors.
    parameters = dict(experts.named_parameters(recurse=False))

    def multiply(rows_AH: torch.Tensor, weights_A: torch.Tensor | None, adapters: Mapping[str, Addend]) -> torch.Tensor:
        arguments = (experts, parameters, adapters, rows_AH, weights_A, assignments)
        return checkpoint(_multiply, *arguments, use_reentrant=False) if recompute else _multiply(*arguments)

    weights_A = None if experts.has_post_expert_norm else assignments.weights_A
    # A module of planc_runtime.adapters, where the experts have adapters.
    adapters = getattr(experts, "adapters", None)
    if adapters is None:
        output_AH = multiply(assignments.rows_AH, weights_A, {})
    else:
        output_AH = adapters(multiply, assignments.rows_AH, weights_A)
    if experts.has_post_expert_norm:
        output_AH = weighed(experts.post_expert_norm(output_AH), assignments.weights_A)
    return output_AH


def _multiply(
    experts: nn.Module,
    parameters: dict[str, torch.Tensor],
    adapters: Mapping[str, Addend],
    rows_AH: torch.Tensor,
    weights_A: torch.Tensor | None,
    assignments: Assignments,
) -> torch.Tensor:
    """Both projections with the activation between them, [A, H]."""
    up = "gate_up_proj" if experts.has_gate else "up_proj"
    offsets_E = assignments.offsets_E

    def project(rows_AM: torch.Tensor, name: str) -> torch.Tensor:
        output_AN = grouped_linear(rows_AM, parameters[name], offsets_E, transposed=experts.is_transposed)
        return adapters[name].add_to(output_AN, rows_AM, offsets_E) if name in adapters else output_AN

    inner_AI = _activate(experts, project(rows_AH, up), parameters.get(f"{up}_bias"), weights_A, assignments)
    output_AH = project(inner_AI, "down_proj")
    if experts.has_bias:
        bias_EH, local_experts_A = parameters["down_proj_bias"], assignments.local_experts_A
        output_AH = add_bias(output_AH, bias_EH, local_experts_A, offsets_E, weights_A=weights_A)
    return output_AH


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
    experts: nn.Module,
    inner_AD: torch.Tensor,
    bias_ED: torch.Tensor | None,
    weights_A: torch.Tensor | None,
    assignments: Assignments,
) -> torch.Tensor:
    """What stands between the projections, [A, I], by a kernel where there is one for it, else by the module's own code."""
    kind = KINDS.get(type(getattr(experts, "act_fn", None)).__name__)
    bias = {"bias_ED": bias_ED, "offsets_E": None if bias_ED is None else assignments.offsets_E}
    if experts.has_gate and has_default_gate(experts) and kind is not None:
        return gated(inner_AD, weights_A, kind, **bias)
    if has_gpt_oss_gate(experts):
        limit, alpha = experts.limit, experts.alpha
        return gated(inner_AD, weights_A, "swiglu_oai", interleaved=True, limit=limit, alpha=alpha, **bias)
    if bias_ED is not None:
        inner_AD = add_bias(inner_AD, bias_ED, assignments.local_experts_A, assignments.offsets_E)
    if not experts.has_gate and kind is not None:
        return activated(inner_AD, weights_A, kind)
    return weighed(apply_gate(experts, inner_AD) if experts.has_gate else experts.act_fn(inner_AD), weights_A)


def weighed(rows_AN: torch.Tensor, weights_A: torch.Tensor | None) -> torch.Tensor:
    """Each row times its weight, [A, N]."""
    return rows_AN if weights_A is None else rows_AN * weights_A.unsqueeze(1).to(rows_AN.dtype)
