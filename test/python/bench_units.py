"""Look at parts of the bench that the table rests on, on two ranks.

    torchrun ... bench_units.py

Prints one JSON object on rank 0: what was counted of exchanges whose sizes are known, and what balanced choices are.
"""

import json

import torch
import torch.distributed as dist
from torch.distributed._functional_collectives import all_to_all_single_autograd
from torch.distributed.tensor import DTensor, Shard, init_device_mesh

from planc_runtime.bench.balance import Balance
from planc_runtime.bench.traffic import AllToAllBytes


def counted(exchange) -> list[int]:
    with AllToAllBytes() as counter:
        exchange()
    return [counter.sent, counter.calls]


def traffic(rank: int) -> dict:
    other = 1 - rank
    # Rank 0 sends 3 rows to rank 1 and gets 5; each keeps rows of its own.
    sent, received = ([2, 3], [2, 5]) if rank == 0 else ([5, 4], [3, 4])
    rows = torch.ones(sum(sent), 7, requires_grad=True)

    def single() -> None:
        dist.all_to_all_single(torch.empty(sum(received), 7), rows.detach(), received, sent)

    def equal() -> None:
        dist.all_to_all_single(torch.empty(4, 2, dtype=torch.int64), torch.ones(4, 2, dtype=torch.int64))

    def there_and_back() -> None:
        out = all_to_all_single_autograd(rows, received, sent, dist.group.WORLD)
        out.sum().backward()

    def other_collectives() -> None:
        dist.all_reduce(torch.ones(8))
        mesh = init_device_mesh("cpu", (2,))
        DTensor.from_local(torch.ones(2, 2), mesh, [Shard(0)]).full_tensor()

    return {
        "single": counted(single),
        "equal": counted(equal),
        "there_and_back": counted(there_and_back),
        "others": counted(other_collectives),
        "expected": {"there": sent[other] * 7 * 4, "back": received[other] * 7 * 4},
    }


def balance(rank: int) -> dict:
    """What experts modules are given in place of the router's choices, which all name expert 0."""
    given = []

    class Experts(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack = torch.nn.Parameter(torch.ones(128, 2))

        def forward(self, hidden, choices, weights):
            given.append((choices, weights))

    model = torch.nn.ModuleDict({name: torch.nn.ModuleDict({"experts": Experts()}) for name in ("first", "second")})
    Balance(model, seed=0, rank=rank)
    hidden, choices, weights = torch.ones(4096, 2), torch.zeros(4096, 8, dtype=torch.int64), torch.rand(4096, 8)
    for layer in (model["first"], model["second"], model["first"]):
        layer["experts"](hidden, choices, weights=weights)
    drawn = [found for found, _ in given]
    counts = drawn[0].flatten().bincount(minlength=128)
    return {
        "first": drawn[0][:4].tolist(),
        "same_again": bool(drawn[0].equal(drawn[2])),
        "same_in_another": bool(drawn[0].equal(drawn[1])),
        "twice_in_a_token": bool((drawn[0].sort(dim=1).values.diff(dim=1) == 0).any()),
        "experts": counts.numel(),
        "fullest": (counts.max() / counts.float().mean()).item(),
        "weights": all(found is weights for _, found in given),
    }


dist.init_process_group("gloo")
found = {"traffic": traffic(dist.get_rank()), "balance": balance(dist.get_rank())}
print(json.dumps(found))
dist.barrier()
dist.destroy_process_group()
