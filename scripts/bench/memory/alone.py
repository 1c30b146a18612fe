"""
One rank of a mesh, alone: a process group whose other ranks are taken to do and to hold what this one does.

Every tensor gets the size that it has among real ranks, and sizes that are exchanged agree; a rank gets as many rows as it
sends, so that experts are as busy on each rank. What NCCL itself takes is not there.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import distributed
from torch._C._distributed_c10d import _create_work_from_future

NAME = "alone"


class Alone(distributed.ProcessGroup):
    """Collectives of a rank with copies of itself. Sums are its own numbers times the ranks of the group."""

    def __init__(self, rank: int, size: int) -> None:
        super().__init__(rank, size)
        self._rank, self._size = rank, size

    def size(self) -> int:
        return self._size

    def getBackendName(self) -> str:  # noqa: N802
        return NAME

    @property
    def pg_name(self) -> str:
        return distributed.distributed_c10d._world.pg_names[self]

    @property
    def group_name(self) -> str:
        return self.pg_name

    def broadcast(self, tensors: list[torch.Tensor], opts: Any = None) -> Any:
        return done(tensors)

    def barrier(self, opts: Any = None) -> Any:
        return done([])

    @torch.no_grad()
    def allreduce(self, tensors: list[torch.Tensor], opts: Any = None) -> Any:
        operation = str(getattr(opts, "reduceOp", "SUM"))
        if "SUM" in operation:
            for tensor in tensors:
                tensor.mul_(self._size)
        return done(tensors)

    allreduce_coalesced = allreduce

    @torch.no_grad()
    def allgather(self, outputs: list[list[torch.Tensor]], inputs: list[torch.Tensor], opts: Any = None) -> Any:
        for parts, part in zip(outputs, inputs, strict=True):
            for target in parts:
                target.copy_(part)
        return done(outputs)

    @torch.no_grad()
    def _allgather_base(self, output: torch.Tensor, part: torch.Tensor, opts: Any = None) -> Any:
        for target in output.view(-1).chunk(self._size):
            if target.data_ptr() != part.data_ptr():  # FSDP gathers in place
                target.copy_(part.reshape(-1))
        return done([output])

    all_gather_single = _allgather_base

    @torch.no_grad()
    def _reduce_scatter_base(self, output: torch.Tensor, whole: torch.Tensor, opts: Any = None) -> Any:
        output.view(-1).copy_(whole.view(self._size, -1)[self._rank])
        if "AVG" not in str(getattr(opts, "reduceOp", "SUM")):
            output.mul_(self._size)
        return done([output])

    reduce_scatter_single = _reduce_scatter_base

    @torch.no_grad()
    def alltoall_base(
        self,
        output: torch.Tensor,
        given: torch.Tensor,
        output_sizes: list[int],
        input_sizes: list[int],
        opts: Any = None,
    ) -> Any:
        """The rank that is n before this one sends what this one sends to the rank that is n behind it: [..] by rank."""
        mine = given.split(input_sizes) if input_sizes else given.chunk(self._size)
        targets = output.split(output_sizes) if output_sizes else output.chunk(self._size)
        for other, target in enumerate(targets):
            target.copy_(mine[(2 * self._rank - other) % self._size])
        return done([output])

    all_to_all_single = alltoall_base


def done(result: Any) -> Any:
    future = torch.futures.Future()
    future.set_result(result)
    return _create_work_from_future(future)


def join(rank: int, size: int) -> None:
    """Be `rank` of `size` ranks, of which there is no other."""
    distributed.Backend.register_backend(NAME, lambda _store, r, n, _timeout: Alone(r, n), devices=["cpu", "cuda"])
    # Ranks of a new group wait for each other in the store.
    distributed.distributed_c10d._store_based_barrier = lambda *_arguments, **_options: None
    new_group = distributed.new_group
    distributed.new_group = lambda *ranks, **options: new_group(*ranks, **options | {"backend": NAME})
    distributed.init_process_group(backend=NAME, rank=rank, world_size=size, store=distributed.HashStore())
