"""Look at parts of the bench that the table rests on, on two ranks.

    torchrun ... bench_units.py

Prints one JSON object on rank 0: what was counted of exchanges whose sizes are known, and how far the chunked loss and
its gradients are from cross-entropy over all logits.
"""

import json

import torch
import torch.distributed as dist
from torch.distributed._functional_collectives import all_to_all_single_autograd
from torch.distributed.tensor import DTensor, Shard, init_device_mesh

from planc_runtime.bench import head
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


def loss() -> dict[str, float]:
    torch.manual_seed(0)
    head.CHUNK = 5  # does not divide the tokens
    model = torch.nn.Module()
    model.lm_head = torch.nn.Linear(6, 11, bias=False)
    model.get_output_embeddings = lambda: model.lm_head
    hidden, labels = torch.randn(2, 8, 6, requires_grad=True), torch.randint(11, (2, 8))
    logits = model.lm_head(hidden)
    expected = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
    gradients = torch.autograd.grad(expected, (hidden, model.lm_head.weight))
    chunked = head.LossHead(model)
    chunked.labels = labels
    found = model.lm_head(hidden)
    others = torch.autograd.grad(2 * found, (hidden, model.lm_head.weight))
    apart = [(other / 2 - gradient).abs().max().item() for gradient, other in zip(gradients, others, strict=True)]
    return {"loss": abs(found - expected).item(), "hidden": apart[0], "weight": apart[1]}


dist.init_process_group("gloo")
found = {"traffic": traffic(dist.get_rank()), "loss": loss()}
print(json.dumps(found))
dist.barrier()
dist.destroy_process_group()
