"""What working out where tokens go costs on a GPU, in Triton and in plain torch, and that both give the same numbers.

    python scripts/bench/routing.py [--layers 16] [--tokens 16384] [--json FILE]
    python -m torch.distributed.run --nproc-per-node 2 scripts/bench/routing.py
    python scripts/bench/routing.py --cpu-check

Both are compared over many shapes, all ranks of an axis played in one process; a difference ends the program with 1. Then tokens
are brought to 128 experts, 8 a token, and back, through 16 layers without the experts; then through those of Qwen3-30B-A3B with
random weights and full recompute: launches, milliseconds of the host and in all, and of the GPU's own kernels. Medians of 8 rounds
after 3. Started alone it is one of two ranks, the other of which is taken to send what this one sends, at no cost.
`--cpu-check` does all this at toy size, in Triton's interpreter, for the program's sake.
"""

import argparse
import cProfile
import gc
import json
import os
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--layers", type=int, default=16, help="layers (default: %(default)s)")
arguments.add_argument("--tokens", type=int, default=16384, help="tokens of a rank (default: %(default)s)")
arguments.add_argument("--no-model", action="store_true", help="leave the model out")
arguments.add_argument(
    "--profile-host", action="store_true", help="say where the host's time goes, and leave shapes and model out"
)
arguments.add_argument("--json", type=Path, help="write the figures of rank 0 to this file too")
arguments.add_argument("--cpu-check", action="store_true", help="at toy size, without a GPU")
options = arguments.parse_args()
if options.cpu_check:
    os.environ["TRITON_INTERPRET"] = "1"
root = Path(__file__).parents[2]
sys.path[:0] = [str(root / folder) for folder in ("templates", "test/python", "scripts/bench/memory")]
IS_ALONE = "WORLD_SIZE" not in os.environ
if IS_ALONE:
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29598"}

import torch
from alone import join
from routing_ranks import routed
from torch import distributed
from torch.profiler import ProfilerActivity, profile
from transformers import DistributedConfig

from planc_runtime import dispatch
from planc_runtime.bench.balance import Balance
from planc_runtime.bench.head import loss_of
from planc_runtime.bench.model import build_model
from planc_runtime.dispatch import rows
from planc_runtime.dispatch.exchange import Exchange, exchange_counts
from planc_runtime.dispatch.sizes import to_host
from planc_runtime.kernels import ExpertAxis, gather_rows, pick_weights, sum_rows
from planc_runtime.kernels.compiled.routing import CompiledRouting
from planc_runtime.kernels.eager.routing import EagerRouting
from planc_runtime.liger import use_liger
from planc_runtime.recompute import apply_recompute

ON_CPU = options.cpu_check
RANK = int(os.environ["LOCAL_RANK"])
DEVICE = torch.device("cpu") if ON_CPU else torch.device("cuda", RANK)
BACKENDS = {"triton": CompiledRouting, "eager": EagerRouting}
ROUNDS, WARMUP = (1, 1) if ON_CPU else (8, 3)
LAYERS = 2 if ON_CPU else options.layers
NUM_TOKENS = 20 if ON_CPU else options.tokens
EXPERTS, CHOICES, HIDDEN = (8, 3, 16) if ON_CPU else (128, 8, 2048)
DTYPE = torch.float32 if ON_CPU else torch.bfloat16
SEQUENCE = min(NUM_TOKENS, 4096)

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
    for dtype, integers in ((torch.bfloat16, torch.int64), (torch.float32, torch.int32), (torch.float16, torch.int16)):
        choices = [chosen(count, num_choices, num_local * len(tokens), way).to(integers) for count in tokens]
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


def without_experts(group: distributed.ProcessGroup) -> Callable[[], torch.Tensor]:
    """A rank's tokens through all layers and back."""
    generator = torch.Generator(DEVICE).manual_seed(RANK)
    tokens = torch.randn(NUM_TOKENS, HIDDEN, device=DEVICE, generator=generator).to(DTYPE).requires_grad_()
    scores = torch.rand(NUM_TOKENS, EXPERTS, device=DEVICE, generator=generator)
    weights, experts = (each.contiguous() for each in scores.topk(CHOICES))
    weights = weights.to(DTYPE).requires_grad_()
    num_local = EXPERTS // group.size()

    def forward() -> torch.Tensor:
        output = tokens
        for _ in range(LAYERS):
            rows_AH, weights_A, places = rows.dispatch(output, weights, rows.Choices(experts, num_local, group, None))
            output = rows.combine(rows_AH * weights_A[:, None].to(DTYPE), places)
        return output.float().sum()

    return forward


def with_model() -> Callable[[], torch.Tensor]:
    """The whole model's loss of a batch."""
    config = json.loads((root / "scripts/bench/two-gpus/config.json").read_text(encoding="utf-8"))
    config |= {"num_hidden_layers": LAYERS, "use_cache": False}
    if ON_CPU:
        config |= {"hidden_size": HIDDEN, "num_experts": EXPERTS, "num_experts_per_tok": CHOICES, "head_dim": 8}
        config |= {"vocab_size": 64, "moe_intermediate_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2}
    else:
        use_liger(config["model_type"])
    dispatch.register()
    with torch.device("cpu" if IS_ALONE else DEVICE):
        model = build_model(
            config,
            architecture="Qwen3MoeForCausalLM",
            dtype=DTYPE,
            distributed_config=DistributedConfig(
                fsdp_size=2, ep_size=2, ep_implementation=dispatch.NAME, fsdp_mixed_precision=not ON_CPU
            ),
            seed=0,
            attn_implementation="sdpa",
            leaves_experts_out=True,
        )
    model.train()
    model.activation_checkpointing_enable({"use_reentrant": False})
    apply_recompute(model, "full")
    Balance(model, seed=0, rank=RANK)
    device = next(model.parameters()).device
    tokens = torch.randint(config["vocab_size"], (NUM_TOKENS // SEQUENCE, SEQUENCE), device=device)
    loss_of_batch = loss_of(model)
    models.append(model)
    return lambda: loss_of_batch(tokens)


# Gradients of theirs are dropped after each step.
models: list[torch.nn.Module] = []


def figures_of(backend: str, forward: Callable[[], torch.Tensor]) -> dict[str, float]:
    """Of a layer, with one of the two; everything else is the same."""
    rows.start_routing = lambda *each: BACKENDS[backend.split()[0]](*each)
    times: list[list[float]] = []
    for number in range(WARMUP + ROUNDS):
        gc.collect()
        wait()
        distributed.barrier()
        wait()
        marks = [time.perf_counter()]
        loss = forward()
        marks.append(time.perf_counter())
        wait()
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        wait()
        marks.append(time.perf_counter())
        if number >= WARMUP:
            spans = ((0, 1), (0, 2), (2, 3), (2, 4))
            times.append([1000 * (marks[end] - marks[begin]) / LAYERS for begin, end in spans])
        del loss
        for model in models:
            model.zero_grad(set_to_none=True)
    names = ("forward, host ms", "forward, whole ms", "backward, host ms", "backward, whole ms")
    figures = {name: statistics.median(column) for name, column in zip(names, zip(*times, strict=True), strict=True)}
    # A first pass without its backward would have the dispatcher work out everything twice from then on.
    for name, step in (("forward", forward), ("both", lambda: forward().backward())):
        figures |= launches_of(name, step)
        for model in models:
            model.zero_grad(set_to_none=True)
    return figures


def launches_of(name: str, step: Callable[[], torch.Tensor | None]) -> dict[str, float]:
    """What the GPU was given for a layer; on a CPU calls of operators."""
    with profile(activities=[ProfilerActivity.CPU if ON_CPU else ProfilerActivity.CUDA]) as profiler:
        result = step()
        wait()
    if result is not None:
        result.backward()
    events = [each for each in profiler.events() if ON_CPU or each.device_type == torch.autograd.DeviceType.CUDA]
    # Ranges that the collectives name on the GPU's line of time are no launches.
    events = [each for each in events if not each.name.startswith("nccl:")]
    figures = {f"{name}, launches": len(events) / LAYERS}
    if not ON_CPU:
        own = [each.device_time_total for each in events if "nccl" not in each.name.lower()]
        figures[f"{name}, GPU ms without NCCL"] = sum(own) / 1000 / LAYERS
    return figures


def host_times(group: distributed.ProcessGroup) -> dict[str, float]:
    """Microseconds for which the host is busy with one call of each, whose work on the GPU is small."""
    few = 16
    tokens = torch.randn(few, HIDDEN, device=DEVICE).to(DTYPE)
    index = torch.arange(few, dtype=torch.int32, device=DEVICE)
    index_NK = index[:, None].repeat(1, CHOICES)
    numbers = torch.randn(few, device=DEVICE)
    experts = torch.rand(few, EXPERTS, device=DEVICE).argsort(1)[:, :CHOICES]
    weights = torch.rand(few, CHOICES, device=DEVICE)
    axis = ExpertAxis(num_ranks=group.size(), num_local=EXPERTS // group.size(), rank=group.rank())
    sizes = torch.arange(2 * group.size() + 1, device=DEVICE)
    counts = torch.ones(group.size(), 8, dtype=torch.int64, device=DEVICE)
    routing = CompiledRouting(experts, weights, axis)
    totals, sent = routing.total(routing.chosen_GF), routing.send(few)
    # Rows that have no expert here.
    messages = torch.full((few, 2 * CHOICES), axis.num_local, dtype=torch.int32, device=DEVICE)
    exchange = Exchange(group, [few // group.size()] * group.size(), [few // group.size()] * group.size())
    leaf = torch.zeros(few, device=DEVICE, requires_grad=True)
    calls = {
        "torch.empty": lambda: torch.empty(few, device=DEVICE),
        "an operator of torch": lambda: numbers.neg(),
        "pick_weights: one launch": lambda: pick_weights(numbers, index_NK),
        "gather_rows: one launch, tuned": lambda: gather_rows(tokens, tokens, index),
        "sum_rows: one launch, tuned": lambda: sum_rows(tokens, tokens, index_NK),
        "start_routing: two launches": lambda: CompiledRouting(experts, weights, axis),
        "total: one launch": lambda: routing.total(routing.chosen_GF),
        "send: one launch": lambda: routing.send(few),
        "lay_out: three launches": lambda: routing.lay_out(totals, few * CHOICES, sent, messages),
        "all_to_all of rows, started": lambda: exchange.forward(tokens),
        "all_to_all of counts": lambda: exchange_counts(counts, group),
        "sizes to the host": lambda: to_host(sizes),
        "an autograd.Function": lambda: Nothing.apply(leaf),
    }
    found = {}
    for name, call in calls.items():
        spans = []
        for _ in range(2 if ON_CPU else 30):
            wait()
            began = time.perf_counter()
            # Few enough that the GPU's queue does not fill up.
            for _ in range(2 if ON_CPU else 50):
                call()
            spans.append((time.perf_counter() - began) / (2 if ON_CPU else 50))
        found[name] = 1e6 * statistics.median(spans[len(spans) // 2 :])
        if RANK == 0:
            print(f"{name:32} {found[name]:8.1f} us of the host", flush=True)
    return found


class Nothing(torch.autograd.Function):
    """What a function of autograd costs by itself."""

    @staticmethod
    def forward(ctx, numbers):
        return numbers.view_as(numbers)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def profile_host(group: distributed.ProcessGroup) -> None:
    """Where the host is in the forward pass with Triton, by own time; waits for the GPU are among it."""
    rows.start_routing = lambda *each: CompiledRouting(*each)
    forward = without_experts(group)
    profiler, rounds = cProfile.Profile(), 1 if ON_CPU else 50
    for _ in range(rounds):
        wait()
        profiler.enable()
        output = forward()
        profiler.disable()
        output.backward()
        del output
    if RANK == 0:
        print(f"{rounds} rounds of {LAYERS} layers:")
        pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(32)


def main() -> None:
    torch.manual_seed(0)
    if not ON_CPU:
        torch.cuda.set_device(DEVICE)
    if IS_ALONE:
        join(0, 2)
    else:
        distributed.init_process_group("gloo" if ON_CPU else "nccl")
    is_equal = True
    shapes = [] if options.profile_host else TOY if ON_CPU else SHAPES
    for shape in shapes:
        found = differing(*shape)
        is_equal &= not found
        if RANK == 0 or found:
            tokens, *others = shape
            said = f"{len(tokens)} ranks of {max(tokens)} tokens, {others}"
            print(f"{'DIFF' if found else 'ok  '} {said} {', '.join(found)}", flush=True)
    figures = {"is_equal": is_equal, "torch": torch.__version__}
    gc.freeze()
    gc.disable()
    group = distributed.group.WORLD
    parts = {"without experts": lambda: without_experts(group), "Qwen3-30B-A3B": with_model}
    if options.no_model or options.profile_host or group.size() == 1:
        del parts["Qwen3-30B-A3B"]
    for title, make in parts.items():
        forward = make()
        found = {
            backend: figures_of(backend, forward) for backend in ("eager", "triton", "eager again", "triton again")
        }
        figures[title] = found
        if RANK == 0:
            print(f"{'CPU' if ON_CPU else torch.cuda.get_device_name()}, {title}, {LAYERS} layers, of a layer:")
            for name in found["eager"]:
                print(f"{name:30}", *(f"{backend} {each[name]:9.3f}" for backend, each in found.items()), flush=True)
    if options.profile_host:
        figures["host us of a call"] = host_times(group)
        profile_host(group)
    if RANK == 0 and options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.flush()
    os._exit(0 if is_equal else 1)


main()
