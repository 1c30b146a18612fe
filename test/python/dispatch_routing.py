"""Give experts modules routings that training rarely has, on ranks, and compare with the stack's own experts in one process.

    python dispatch_routing.py EP_SIZE

Run as ranks; every EP_SIZE consecutive ones share the experts. Rank 0 prints a JSON object: for each case its name and the largest relative
difference of outputs, of gradients of tokens and routing weights, and of parameters; and what passes in flight exchange.
"""

import gc
import json
import os
import sys

import torch
import torch.distributed as distributed
from torch.distributed.device_mesh import DeviceMesh
from torch.utils.checkpoint import checkpoint
from transformers import GptOssConfig, MuseSparkTextConfig, Qwen3MoeConfig
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts
from transformers.models.muse_spark.modeling_muse_spark import MuseSparkExperts
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeExperts

from planc_runtime.dispatch.implementation import PlancEP
from planc_runtime.dispatch.places import Places

EXPERTS, HIDDEN, WIDTH = 8, 24, 20


def uniform(tokens: int, choices: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(tokens, EXPERTS, generator=generator).argsort(dim=1)[:, :choices]


def cases(world: int) -> list[tuple[str, list[torch.Tensor]]]:
    """Name, and for each rank the experts of its tokens."""
    last = EXPERTS - 1
    return [
        ("one expert a token", [uniform(7, 1, rank) for rank in range(world)]),
        ("every expert", [uniform(5, EXPERTS, rank) for rank in range(world)]),
        ("all on one expert", [torch.full((6, 1), last) for _ in range(world)]),
        ("all on one rank", [torch.tensor([[0, 1]]).repeat(6, 1) for _ in range(world)]),
        ("only to others", [torch.full((4, 1), (EXPERTS // world * (rank + 1)) % EXPERTS) for rank in range(world)]),
        ("a rank without tokens", [uniform(0 if rank == 0 else 9, 3, rank) for rank in range(world)]),
        ("one token in all", [uniform(int(rank == world - 1), 3, rank) for rank in range(world)]),
        ("uneven tokens", [uniform(3 * rank + 1, 3, rank) for rank in range(world)]),
        ("no tokens", [uniform(0, 3, rank) for rank in range(world)]),
    ]


def make(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    if kind == "qwen3_moe":
        config = Qwen3MoeConfig(num_experts=EXPERTS, hidden_size=HIDDEN, moe_intermediate_size=WIDTH, hidden_act="silu")
        experts = Qwen3MoeExperts(config)
    elif kind == "muse_spark_text":
        config = MuseSparkTextConfig(num_local_experts=EXPERTS, moe_hidden_size=HIDDEN, moe_intermediate_size=WIDTH)
        experts = MuseSparkExperts(config)
    else:
        experts = GptOssExperts(GptOssConfig(num_local_experts=EXPERTS, hidden_size=HIDDEN, intermediate_size=WIDTH))
    experts.config._experts_implementation = "grouped_mm"
    with torch.no_grad():
        for parameter in experts.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return experts


def run(experts: object, tokens: torch.Tensor, choices: torch.Tensor, weights: torch.Tensor, probe: torch.Tensor) -> tuple:
    tokens, weights = tokens.clone().requires_grad_(), weights.clone().requires_grad_()
    output = experts(tokens, choices, weights)
    (output * probe).sum().backward()
    return output.detach(), tokens.grad, weights.grad


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    if expected.numel() == 0:
        return 0.0
    return ((found - expected).abs().max() / expected.abs().max().clamp(min=1e-6)).item()


def compare(kind: str, routing: list[torch.Tensor], ep_mesh: DeviceMesh, tp_mesh: DeviceMesh, recompute: bool) -> float:
    rank, world = distributed.get_rank(), distributed.get_world_size()
    size, here = ep_mesh.size(), ep_mesh.get_local_rank()
    generator = torch.Generator().manual_seed(3)
    inputs = [
        (torch.randn(len(choices), HIDDEN, generator=generator), choices, torch.rand(choices.shape, generator=generator))
        for choices in routing
    ]
    probes = [torch.randn(len(choices), HIDDEN, generator=generator) for choices in routing]

    whole = make(kind)
    expected = [run(whole, *each, probe) for each, probe in zip(inputs, probes, strict=True) if len(probe)]
    own = sum(len(probe) > 0 for probe in probes[:rank])
    local = make(kind)
    share = EXPERTS // size
    for name, parameter in list(local.named_parameters(recurse=False)):
        mine = parameter.detach()[here * share : (here + 1) * share].clone()
        setattr(local, name, torch.nn.Parameter(mine))
    local.num_experts = share
    implementation = PlancEP(local, ep_mesh, tp_mesh)
    assert implementation.stock is None
    call = implementation
    if recompute:
        call = lambda *tensors: checkpoint(implementation, *tensors, use_reentrant=False)  # noqa: E731
    found = run(call, *inputs[rank], probes[rank])
    worst = 0.0
    if len(probes[rank]):
        worst = max(difference(here, there) for here, there in zip(found, expected[own], strict=True))
    for name, parameter in local.named_parameters(recurse=False):
        # Ranks that hold the same experts saw different tokens; the stack sums over them.
        gradient = parameter.grad
        pieces = [torch.empty_like(gradient) for _ in range(world)]
        distributed.all_gather(pieces, gradient)
        total = sum(pieces[index] for index in range(world) if index % size == here)
        reference = getattr(whole, name).grad
        reference = torch.zeros_like(getattr(whole, name)) if reference is None else reference
        worst = max(worst, difference(total, reference[here * share : (here + 1) * share]))
    everyone = torch.tensor([worst])
    distributed.all_reduce(everyone, distributed.ReduceOp.MAX)
    return everyone.item()


def in_flight(ep_mesh: DeviceMesh, tp_mesh: DeviceMesh) -> list[dict]:
    """
    Recomputed passes that do not overlap exchange sizes and choices once, those that do again; gradients are the same.

    For each order of backward passes: exchanges of sizes and of choices, how far the gradients are from those of passes in
    turn, and how many first passes are remembered in the end. `evaluated` has a pass without gradients before each backward.
    """
    exchange, rank = distributed.all_to_all_single, distributed.get_rank()
    calls = []

    def counted(output, input, *args, **kwargs):  # noqa: A002
        calls.append(input.dtype)
        return exchange(output, input, *args, **kwargs)

    generator = torch.Generator().manual_seed(5 + rank)
    batches = [
        (torch.randn(5 + index, HIDDEN, generator=generator), uniform(5 + index, 3, 7 * rank + index))
        for index in range(3)
    ]
    share, here = EXPERTS // ep_mesh.size(), ep_mesh.get_local_rank()
    answers = []
    for order in ("in turn", "evaluated", (0, 1, 2), (2, 1, 0)):
        local = make("qwen3_moe")
        for name, parameter in list(local.named_parameters(recurse=False)):
            setattr(local, name, torch.nn.Parameter(parameter.detach()[here * share : (here + 1) * share].clone()))
        local.num_experts = share
        implementation = PlancEP(local, ep_mesh, tp_mesh)
        inputs = [tokens.clone().requires_grad_() for tokens, _ in batches]
        calls.clear()
        distributed.all_to_all_single = counted
        outputs = []
        for tokens, (_, choices) in zip(inputs, batches, strict=True):
            weights = torch.full(choices.shape, 0.5)
            outputs.append(checkpoint(implementation, tokens, choices, weights, use_reentrant=False))
            if order == "evaluated":
                with torch.no_grad():
                    other, elsewhere = batches[2]
                    implementation(other, elsewhere, torch.full(elsewhere.shape, 0.5))
            if isinstance(order, str):
                outputs[-1].square().sum().backward()
        for index in () if isinstance(order, str) else order:
            outputs[index].square().sum().backward()
        distributed.all_to_all_single = exchange
        gradients = [*(tokens.grad for tokens in inputs), *(parameter.grad for parameter in local.parameters())]
        if order == "in turn":
            expected = gradients
        del outputs
        worst = max(difference(found, other) for found, other in zip(gradients, expected, strict=True))
        gc.collect()
        alive = sum(isinstance(each, Places) for each in gc.get_objects())
        exchanges = {"exchanges": calls.count(torch.long), "choices": calls.count(torch.int32)}
        answers.append({"order": order, **exchanges, "difference": worst, "alive": alive})
    return answers


def main() -> None:
    size = int(sys.argv[1])
    distributed.init_process_group("gloo")
    world = distributed.get_world_size()
    meshes = DeviceMesh("cpu", torch.arange(world).view(-1, size, 1), mesh_dim_names=("efsdp", "ep", "tp"))
    answers = []
    # Gated; transposed with biases, interleaved and clamped; with a norm behind the experts.
    for kind in ("qwen3_moe", "gpt_oss", "muse_spark_text"):
        for name, routing in cases(world):
            for recompute in (False, True):
                found = compare(kind, routing, meshes["ep"], meshes["tp"], recompute)
                label = f"{kind}: {name}" + (", recomputed" if recompute else "")
                answers.append({"case": label, "difference": found})
    flights = in_flight(meshes["ep"], meshes["tp"])
    if distributed.get_rank() == 0:
        print(json.dumps({"cases": answers, "flights": flights}), flush=True)
    distributed.barrier()
    sys.stdout.flush()
    os._exit(0)


main()
