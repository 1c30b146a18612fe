"""
The expert-parallel implementation `planc`: tokens travel once for each rank they visit.

Shapes: T tokens of this rank, H hidden size, K experts per token, A assignments of tokens to local experts, E local experts.
"""

from __future__ import annotations

import sys

import torch
from torch import distributed, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Replicate, Shard

from planc_runtime.dispatch.experts import Assignments, run_experts, why_not
from planc_runtime.dispatch.passes import Passes
from planc_runtime.dispatch.places import Places
from planc_runtime.dispatch.rows import Choices, combine, dispatch
from planc_runtime.metrics.sources import rank_load
from planc_runtime.stack.transformers import AllToAllEP, EPImplementation

_printed: set[str] = set()


class PlancEP(EPImplementation):
    """
    One experts module's tokens to the ranks of their experts and back.

    transformers makes one for each experts module and calls it with this rank's tokens [T, H], the numbers of their
    experts [T, K] over all ranks and the routing weights [T, K]; parameters are local tensors during the call. A module
    that cannot be driven one assignment after another gets the stack's own all-to-all, which is said once.
    """

    def __init__(self, experts: nn.Module, ep_mesh: DeviceMesh, tp_mesh: DeviceMesh) -> None:
        super().__init__(experts, ep_mesh, tp_mesh)
        self.experts = experts
        self.passes = Passes()
        reason = why_not(experts)
        self.stock = AllToAllEP(experts, ep_mesh, tp_mesh) if reason is not None else None
        if reason is None:
            experts.recomputes_products = False  # set by planc_runtime.recompute
        else:
            _print_once(f"ep_implementation planc: falls back to all_to_all, since {reason}")

    def __call__(
        self, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        if self.stock is not None:
            return self.stock(hidden_states, top_k_index, top_k_weights)
        num_tokens, hidden_size = hidden_states.shape
        if self.tp_mesh.size() > 1:
            hidden_states, top_k_index, top_k_weights = (
                self._own_slice(tensor) for tensor in (hidden_states, top_k_index, top_k_weights)
            )
        output_TH = self._run(hidden_states, top_k_index, top_k_weights)
        if self.tp_mesh.size() == 1:
            return output_TH
        shape, stride = (num_tokens, hidden_size), (hidden_size, 1)
        return DTensor.from_local(output_TH, self.tp_mesh, [Shard(0)], shape=shape, stride=stride).full_tensor()

    def _own_slice(self, tensor: torch.Tensor) -> torch.Tensor:
        """The ranks of a tp group hold the same tokens: each takes its share, so that none is computed twice."""
        shared = DTensor.from_local(tensor, self.tp_mesh, [Replicate()], run_check=False)
        return shared.redistribute(self.tp_mesh, [Shard(0)]).to_local()

    def _run(self, tokens_TH: torch.Tensor, experts_TK: torch.Tensor, weights_TK: torch.Tensor) -> torch.Tensor:
        """The weighted sum of each token's experts, [T, H]."""
        module = self.experts
        # What the experts compute in; rows travel in it too.
        tokens_TH = tokens_TH.to(module.down_proj.dtype)
        known = self.passes.known()
        if isinstance(known, Places):
            known.check(experts_TK)
            choices = known
        else:
            choices = Choices(experts_TK, self.num_local_experts, self.ep_mesh.get_group(), known)
        rows_AH, weights_A, places = dispatch(tokens_TH, weights_TK, choices)
        if known is None:
            if module.training:
                rank_load.see(places.sizes.num_assignments, experts_TK.numel())
            self.passes.keep(places)
        assignments = Assignments(rows_AH, weights_A, places.layout.local_experts_A, places.sizes.totals.ends_E)
        recompute = module.recomputes_products and module.training
        return combine(run_experts(module, assignments, recompute=recompute), places)


def _print_once(sentence: str) -> None:
    if sentence not in _printed and (not distributed.is_initialized() or distributed.get_rank() == 0):
        print(sentence, file=sys.stderr, flush=True)
    _printed.add(sentence)
