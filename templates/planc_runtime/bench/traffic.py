"""Count what all-to-all collectives send to other ranks, while a context is open."""

from __future__ import annotations

from typing import Any

import torch
from torch.distributed import ProcessGroup
from torch.distributed.distributed_c10d import _resolve_process_group
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode


class AllToAllBytes(TorchDispatchMode):
    """
    Sees every operation of the context, those of autograd's backward too.

    Attributes:
        sent: bytes that left this rank; what a rank keeps for itself does not count.
        calls: collectives, exchanges of counts among them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.calls = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if any(kind is DTensor for kind in types):
            return NotImplemented  # it becomes operations on local tensors, which come here again
        packet = func._overloadpacket
        if packet is torch.ops.c10d.alltoall_base_:
            self._add(args[1], ProcessGroup.unbox(args[2]), args[4])
        elif packet is torch.ops.c10d.alltoall_:
            group = ProcessGroup.unbox(args[2])
            others = [tensor for rank, tensor in enumerate(args[1]) if rank != group.rank()]
            self.calls += 1
            self.sent += sum(tensor.numel() * tensor.element_size() for tensor in others)
        elif packet is torch.ops._c10d_functional.all_to_all_single:
            group = _resolve_process_group(args[3]) if isinstance(args[3], str) else args[3]
            self._add(args[0], group, args[2])
        return func(*args, **kwargs or {})

    def _add(self, sent: torch.Tensor, group: ProcessGroup, sizes: list[int]) -> None:
        """`sizes`: rows for each rank; none where all ranks get as many."""
        self.calls += 1
        rows = sent.shape[0]
        away = rows - (sizes[group.rank()] if sizes else rows // group.size())
        self.sent += away * (sent.numel() // max(rows, 1)) * sent.element_size()
