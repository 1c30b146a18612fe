"""What working out where tokens go costs on GPUs, in Triton and in plain torch, and that both give the same numbers.

    python -m torch.distributed.run --nproc-per-node 2 scripts/bench/routing.py [--tokens 16384] [--json FILE]
    python -m torch.distributed.run --nproc-per-node 2 scripts/bench/routing.py --cpu-check

Every rank compares both over many shapes, all ranks of an axis played in its one process; a difference ends the program with
1. Then the ranks, which share 128 experts, 8 a token, of Qwen3-30B-A3B, bring their tokens to the experts and back through 16
layers, forward and backward, without the experts: launches, host and whole milliseconds of a layer. Medians of 20 rounds after 5.
`--cpu-check` does all this at toy size, in Triton's interpreter, for the programs' sake.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--tokens", type=int, default=16384, help="tokens of a rank (default: %(default)s)")
arguments.add_argument("--json", type=Path, help="write the figures of rank 0 to this file too")
arguments.add_argument("--cpu-check", action="store_true", help="at toy size, without a GPU")
options = arguments.parse_args()
if options.cpu_check:
    os.environ["TRITON_INTERPRET"] = "1"
root = Path(__file__).parents[2]
sys.path[:0] = [str(root / "templates"), str(root / "test" / "python")]

import torch
from routing_ranks import routed
from torch import distributed
from torch.profiler import ProfilerActivity, profile

from planc_runtime.dispatch import rows
from planc_runtime.kernels import pick_weights
from planc_runtime.kernels.compiled.routing import CompiledRouting
from planc_runtime.kernels.eager.routing import EagerRouting

ON_CPU = options.cpu_check
RANK = int(os.environ["LOCAL_RANK"])
DEVICE = torch.device("cpu") if ON_CPU else torch.device("cuda", RANK)
BACKENDS = {"triton": CompiledRouting, "eager": EagerRouting}
ROUNDS, WARMUP = (1, 1) if ON_CPU else (20, 5)
LAYERS, EXPERTS, CHOICES, HIDDEN = (2, 8, 3, 16) if ON_CPU else (16, 128, 8, 2048)

# Tokens of each rank, choices of a token, local experts, and how tokens choose.
TOY = [((5, 9), 3, 4, "random"), ((4, 0), 2, 3, "first rank")]
SHAPES = [
    ((16384, 16384), 8, 64, "random"),
    ((16384, 16384), 8, 64, "skewed"),
    ((16384, 15001), 8, 64, "first rank"),
    ((4096,) * 8, 8, 16, "random"),
    ((1021,) * 16, 10, 32, "skewed"),
    ((8192,), 8, 128, "random"),
    ((2048, 2047), 6, 33, "random"),
    ((512, 0, 3, 1), 4, 128, "random"),
    ((700, 900), 8, 4, "random"),
    ((300, 77), 128, 64, "random"),
    ((1, 0, 0, 0), 8, 2, "random"),
    ((0, 0), 8, 64, "random"),
    ((4096,) * 4, 2, 2, "first rank"),
    ((4096,) * 4, 4, 3, "with repeats"),
    ((333, 444), 1, 512, "last expert"),
]


def chosen(num_tokens: int, num_choices: int, num_experts: int, way: str) -> torch.Tensor:
    if way == "random":
        return torch.rand(num_tokens, num_experts, device=DEVICE).argsort(1)[:, :num_choices]
    if way == "skewed":
        lean = torch.linspace(0, 1, num_experts, device=DEVICE)
        return (torch.rand(num_tokens, num_experts, device=DEVICE) + lean).argsort(1, descending=True)[:, :num_choices]
    if way == "with repeats":
        return torch.randint(num_experts, (num_tokens, num_choices), device=DEVICE)
    first = num_experts - num_choices if way == "last expert" else 0
    return first + torch.arange(num_choices, device=DEVICE).repeat(num_tokens, 1)


def made_by(backend: str, call: Callable):
    os.environ["PLANC_KERNELS"] = backend
    try:
        return call()
    finally:
        del os.environ["PLANC_KERNELS"]


def differing(tokens: tuple[int, ...], num_choices: int, num_local: int, way: str) -> list[str]:
    """Which tensors are not the same, or not the same a second time."""
    found = []
    for dtype in (torch.bfloat16, torch.float32):
        choices = [chosen(count, num_choices, num_local * len(tokens), way) for count in tokens]
        weights = [torch.rand(count, num_choices, device=DEVICE).to(dtype) for count in tokens]
        call = lambda choices=choices, weights=weights: routed(choices, weights, num_local)  # noqa: E731
        expected = made_by("eager", call)
        for _ in range(2):
            for rank, (here, there) in enumerate(zip(made_by("triton", call), expected, strict=True)):
                own, other = here.tensors(), there.tensors()
                found += [f"{name} of rank {rank}" for name in own if not same(own[name], other[name])]
        layout, sent = expected[0].layout, expected[0].sent
        numbers = torch.randn(len(layout.rows_A), device=DEVICE)
        returned = torch.randn(len(sent.tokens_S), num_choices, device=DEVICE)
        picks = (numbers, layout.assignments_TK, returned, sent.sent_rows_TK)
        left, right = (
            made_by(name, lambda picks=picks, dtype=dtype: pick_weights(*picks, dtype=dtype))
            for name in ("triton", "eager")
        )
        # The interpreter cuts bfloat16 off where a GPU rounds.
        is_picked = torch.allclose(left.float(), right.float(), rtol=2**-7) if ON_CPU else same(left, right)
        found += [] if is_picked else ["picked weights"]
    return sorted(set(found))


def same(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left.dtype == right.dtype and torch.equal(left, right)


def wait() -> None:
    if not ON_CPU:
        torch.cuda.synchronize()


def layers(backend: str, group: distributed.ProcessGroup) -> dict[str, float]:
    """A rank's tokens through all layers and back, by one of the two; everything else is the same."""
    rows.start_routing = lambda *each: BACKENDS[backend](*each)
    num_tokens = 20 if ON_CPU else options.tokens
    dtype = torch.float32 if ON_CPU else torch.bfloat16
    generator = torch.Generator(DEVICE).manual_seed(RANK)
    tokens = torch.randn(num_tokens, HIDDEN, device=DEVICE, generator=generator).to(dtype).requires_grad_()
    scores = torch.rand(num_tokens, EXPERTS, device=DEVICE, generator=generator)
    weights, experts = (each.contiguous() for each in scores.topk(CHOICES))
    weights = weights.to(dtype).requires_grad_()
    num_local = EXPERTS // group.size()

    def forward() -> torch.Tensor:
        output = tokens
        for _ in range(LAYERS):
            rows_AH, weights_A, places = rows.dispatch(output, weights, rows.Choices(experts, num_local, group, None))
            output = rows.combine(rows_AH * weights_A[:, None].to(dtype), places)
        return output

    times: list[list[float]] = []
    for number in range(WARMUP + ROUNDS):
        wait()
        distributed.barrier()
        wait()
        marks = [time.perf_counter()]
        output = forward()
        marks.append(time.perf_counter())
        wait()
        marks.append(time.perf_counter())
        output.sum().backward()
        marks.append(time.perf_counter())
        wait()
        marks.append(time.perf_counter())
        if number >= WARMUP:
            times.append(
                [1000 * (marks[end] - marks[begin]) / LAYERS for begin, end in ((0, 1), (0, 2), (2, 3), (2, 4))]
            )
        del output
    names = ("forward, host ms", "forward, whole ms", "backward, host ms", "backward, whole ms")
    figures = {name: statistics.median(column) for name, column in zip(names, zip(*times, strict=True), strict=True)}
    activity = ProfilerActivity.CPU if ON_CPU else ProfilerActivity.CUDA
    for name, step in (("forward", forward), ("both", lambda: forward().sum().backward())):
        with profile(activities=[activity]) as profiler:
            step()
            wait()
        events = [each for each in profiler.events() if ON_CPU or each.device_type == torch.autograd.DeviceType.CUDA]
        # Ranges that the collectives name on the GPU's line of time are no launches.
        events = [each for each in events if not each.name.startswith("nccl:")]
        figures[f"{name}, launches"] = len(events) / LAYERS
        if not ON_CPU:
            ours = [each.device_time for each in events if "nccl" not in each.name.lower()]
            figures[f"{name}, GPU ms without NCCL"] = sum(ours) / 1000 / LAYERS
    return figures


def main() -> None:
    torch.manual_seed(0)
    if not ON_CPU:
        torch.cuda.set_device(DEVICE)
    distributed.init_process_group("gloo" if ON_CPU else "nccl")
    is_equal = True
    for shape in TOY if ON_CPU else SHAPES:
        found = differing(*shape)
        is_equal &= not found
        if RANK == 0 or found:
            tokens, *others = shape
            said = f"{len(tokens)} ranks of {max(tokens)} tokens, {others}"
            print(f"{'DIFF' if found else 'ok  '} {said} {', '.join(found)}", flush=True)
    figures = {backend: layers(backend, distributed.group.WORLD) for backend in ("eager", "triton")}
    if RANK == 0:
        print(f"{'CPU' if ON_CPU else torch.cuda.get_device_name()}, torch {torch.__version__}, a layer:")
        for name, plain in figures["eager"].items():
            print(f"{name:32} plain torch {plain:9.3f}   triton {figures['triton'][name]:9.3f}")
        if options.json:
            options.json.write_text(json.dumps(figures | {"is_equal": is_equal}, indent=2) + "\n")
    distributed.barrier()
    distributed.destroy_process_group()
    sys.exit(0 if is_equal else 1)


main()
