"""Compare where `pieces_of` says that a rank's part of a tensor lies with where torch put it.

    python resume_pieces.py

Runs as 4 ranks. Prints JSON: how many placements were checked, the most pieces of one, and kinds of placements.
"""

import itertools
import json
import os

import torch
import torch.distributed as dist
from planc_runtime.checkpoint.pieces import pieces_of
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.placement_types import _StridedShard

dist.init_process_group("gloo")
mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("efsdp", "ep"))


def check(tensor: DTensor, whole: torch.Tensor) -> int:
    """Number of pieces of this rank."""
    seen = torch.zeros_like(whole)
    pieces = pieces_of(tensor)
    for offsets, values in pieces:
        box = tuple(slice(begin, begin + size) for begin, size in zip(offsets, values.shape, strict=True))
        assert torch.equal(whole[box], values), (tensor.placements, offsets)
        seen[box] += 1
    assert seen.sum() == tensor.to_local().numel()
    dist.all_reduce(seen)  # each place is held as often as it is replicated
    copies = 2 ** sum(isinstance(placement, Replicate) for placement in tensor.placements)
    assert torch.equal(seen, torch.full_like(seen, copies)), tensor.placements
    return len(pieces)


class Experts(torch.nn.Module):
    def __init__(self, whole: torch.Tensor, placement: Shard) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(distribute_tensor(whole, mesh["ep"], [placement]))


counts, kinds = [], set()
for shape in ((12, 8), (7, 5), (6, 4), (3, 2), (1, 1), (8, 4, 2)):
    whole = torch.arange(torch.Size(shape).numel(), dtype=torch.float64).reshape(shape)
    for placements in itertools.product((Replicate(), Shard(0), Shard(1)), repeat=2):
        counts.append(check(distribute_tensor(whole, mesh, placements), whole))
    if shape[1] % 4 != 0:  # FSDP cuts dims but the first only evenly
        continue
    # FSDP over what is cut by another axis: as the trainer's experts are.
    for expert, dim in itertools.product((Shard(0), Shard(1)), (0, 1)):
        module = fully_shard(
            Experts(whole, expert), mesh=mesh["efsdp"], shard_placement_fn=lambda _, dim=dim: Shard(dim)
        )
        kinds |= {type(placement).__name__ for placement in module.weight.placements}
        counts.append(check(module.weight, whole))
# What no axis of a trainer makes, but a placement can say: parts that do not touch.
whole = torch.arange(8.0)
rows = whole.reshape(2, 2, 2)[:, mesh.get_local_rank("efsdp")].flatten()
strided = DTensor.from_local(rows, mesh, [_StridedShard(0, split_factor=2), Replicate()], run_check=False)
counts.append(check(strided, whole))
print(json.dumps({"checked": len(counts), "most": max(counts), "kinds": sorted(kinds)}), flush=True)
dist.barrier()
os._exit(0)
