"""
What the experts with their dispatch allocate on ranks that share them.

    python experts_memory.py CASES_JSON

A case is `{module, dispatcher, dtype, tokens, choices, experts, hidden, width, recompute}`: toy sizes, `experts` of all
ranks, `weights` the format of routing weights, `shares` the ranks that have the same tokens and share them. Prints on each rank a JSON list, for each case in bytes what forward
keeps, the most that it and backward have, and what autograd saves (null under a checkpoint, which saves in its own way), and
the rows that the dispatcher sends, receives and computes there.
"""

import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as distributed
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.utils.checkpoint import checkpoint
from transformers.distributed.expert_parallel import AllReduceEP, AllToAllEP

sys.path.insert(0, str(Path(__file__).parent))

from experts_modules import make
from live_storages import Live, Saved, let_go, played

from planc_runtime.dispatch.implementation import PlancEP


class Begin(torch.autograd.Function):
    """Where the tokens and their routing weights come from; its backward is where their gradients end."""

    @staticmethod
    def forward(ctx, live, anchor, tokens, weights):
        ctx.live = live
        return tokens.view_as(tokens), weights.view_as(weights)

    @staticmethod
    def backward(ctx, *gradients):
        ctx.live.mark("end of backward")
        return None, None, None, None


class End(torch.autograd.Function):
    """Where the output goes; its backward makes the gradient of the output, which nobody else holds."""

    @staticmethod
    def forward(ctx, live, output):
        ctx.live, ctx.like = live, (output.shape, output.dtype)
        return output.new_zeros(())

    @staticmethod
    def backward(ctx, _):
        ctx.live.mark("backward")
        shape, dtype = ctx.like
        return None, torch.ones(shape, dtype=dtype)


def dispatcher_of(case: dict, experts: torch.nn.Module, ep_mesh: DeviceMesh, tp_mesh: DeviceMesh):
    name, recompute = case["dispatcher"], case["recompute"]
    if name == "planc":
        call = PlancEP(experts, ep_mesh, tp_mesh)
        assert call.stock is None
        experts.recomputes_products = recompute == "products"
    elif name == "none":
        call = experts
    else:
        experts._is_expert_parallel = True
        call = {"all_to_all": AllToAllEP, "all_reduce": AllReduceEP}[name](experts, ep_mesh, tp_mesh)
    if name != "none":
        dispatch = call
        # As the hook of the experts' style does.
        call = lambda tokens, *routed: dispatch(tokens, *routed).to(tokens.dtype)  # noqa: E731
    if recompute.startswith("layer") or (recompute == "products" and name != "planc"):
        return lambda *tensors: checkpoint(call, *tensors, use_reentrant=False)
    return call


def choices_of(case: dict, rank: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(rank)
    scores = torch.rand(case["tokens"], case["experts"], generator=generator)
    # The first experts are chosen more often, so that ranks differ.
    return (scores - torch.linspace(0, 0.3, case["experts"])).argsort(dim=1, descending=True)[:, : case["choices"]]


def measure(case: dict, ep_mesh: DeviceMesh, tp_mesh: DeviceMesh) -> dict:
    dtype = getattr(torch, case["dtype"])
    here, share = ep_mesh.get_local_rank(), case["experts"] // ep_mesh.size()
    # Ranks of a tensor-parallel group have the same tokens; but for the all-reduce each brings its part to experts.
    batches = [choices_of(case, rank // tp_mesh.size()) for rank in range(ep_mesh.size())]
    shares = case["shares"]
    choices = [batch.chunk(shares)[rank % shares] for rank, batch in enumerate(batches)]
    experts = make(case, share).to(dtype)
    call = dispatcher_of(case, experts, ep_mesh, tp_mesh)
    inputs = torch.randn(case["tokens"], case["hidden"]).to(dtype), batches[here].clone()
    weights = torch.rand(case["tokens"], case["choices"]).to(getattr(torch, case["weights"]))
    anchor = torch.ones((), requires_grad=True)
    parameters = list(experts.parameters())
    known = (*inputs, weights, anchor, *parameters)
    figures = least(lambda: step(Live(known), call, parameters, (anchor, *inputs, weights)))
    saved = Saved(known)
    with saved:
        tokens, routing = Begin.apply(Live(known), anchor, inputs[0], weights)
        call(tokens, inputs[1], routing)
    return {
        **figures,
        "saved": saved.bytes if case["recompute"] == "nothing" else None,
        **rows_of(case, choices, here, share),
    }


def least(run: Callable[[], dict]) -> dict:
    """
    The least of each figure, when every rank has seen it twice: a thread of gloo may hold what it sent longer than it needs.

    The first run is left out: it remembers sizes for a pass that does not come.
    """
    run()
    seen = []
    while True:
        seen.append(run())
        lowest = {name: min(each[name] for each in seen) for name in seen[0]}
        is_sure = all(sum(each[name] == low for each in seen) > 1 for name, low in lowest.items())
        unsure = torch.tensor(0 if is_sure else 1)
        distributed.all_reduce(unsure)
        if unsure == 0:
            return lowest


def step(live: Live, call: Callable, parameters: list, tensors: tuple) -> dict:
    """Forward and backward once."""
    anchor, hidden, choices, weights = tensors
    distributed.barrier()
    with live:
        tokens, routing = Begin.apply(live, anchor, hidden, weights)
        live.mark("forward")
        output = call(tokens, choices, routing)
        live.mark("end of forward")
        loss = End.apply(live, output)
        del output, tokens, routing
        loss.backward()
        del loss
    # The loss of this program and its gradient come between.
    ours = live.between("end of forward", "backward")
    for parameter in parameters:
        ours.add(live.number(parameter.grad))
        parameter.grad = None
    forward = played(live.history, ours, "forward", "end of forward")
    backward = played(live.history, ours, "backward", "end of backward")
    return {"kept": forward["alive"], "forward": forward["peak"], "backward": backward["peak"]}


def rows_of(case: dict, choices: list[torch.Tensor], here: int, share: int) -> dict:
    """Rows sent, received and computed: planc sends a token once to each other rank that it visits, the stack's own each choice."""
    assignments = sum((each // share == here).sum().item() for each in choices)
    if case["dispatcher"] == "planc":
        visits = [[{choice // share for choice in token} for token in each.tolist()] for each in choices]
        others = [of for rank, of in enumerate(visits) if rank != here]
        sent, received = (
            sum(len(token - {here}) for token in visits[here]),
            sum(here in token for of in others for token in of),
        )
        return {"sent": sent, "received": received, "assignments": assignments}
    return {"sent": choices[here].numel(), "received": assignments, "assignments": assignments}


def collect_after_kernels() -> None:
    """Triton's interpreter leaves its arguments in circles of references, where the GPU's launcher keeps nothing."""
    from triton.runtime.interpreter import GridExecutor

    run = GridExecutor.__call__

    def collected(self, *arguments, **named):
        run(self, *arguments, **named)
        gc.collect()

    GridExecutor.__call__ = collected


def wait_for_threads() -> None:
    wait = distributed.Work.wait

    def waited(self, *arguments):
        is_done = wait(self, *arguments)
        let_go()
        return is_done

    distributed.Work.wait = waited


def main() -> None:
    gc.freeze()
    if os.environ.get("TRITON_INTERPRET") == "1":
        collect_after_kernels()
    wait_for_threads()
    distributed.init_process_group("gloo")
    world = distributed.get_world_size()
    meshes = init_device_mesh("cpu", (world, 1), mesh_dim_names=("all", "own"))
    pairs = init_device_mesh("cpu", (world // 2, 2), mesh_dim_names=("groups", "pair"))
    answers = []
    for case in json.loads(sys.argv[1]):
        ep_mesh = meshes["own" if case["dispatcher"] == "none" else "all"]
        tp_mesh = meshes["all" if case["dispatcher"] == "all_reduce" else "own"]
        if case["shares"] == 2:
            tp_mesh = pairs["pair"]
        answers.append(measure(case, ep_mesh, tp_mesh))
    print(json.dumps(answers), flush=True)
    distributed.barrier()
    distributed.destroy_process_group()


main()
