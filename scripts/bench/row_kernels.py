"""What the row and activation kernels cost on a GPU, beside plain torch and torch.compile of it.

    python scripts/bench/row_kernels.py [--tokens 16384] [--no-compile] [--json FILE]
    python scripts/bench/row_kernels.py --cpu-check

Times the work of one rank in one layer of Qwen3-30B-A3B, in bfloat16: 2 ranks of expert parallelism, 16,384 tokens each, 8
of 128 experts a token, so that a rank has 131,072 rows in its experts' order. Medians with a cold L2 cache; GB/s counts a
row as often as a kernel must touch it, beside a plain copy. Block sizes are tuned by the first calls, and kept by Triton on
disk. Then every kernel is compared with its eager twin in float32 and bfloat16; a difference ends the program with 1.
`--cpu-check` does this alone, at toy size, in Triton's interpreter.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--tokens", type=int, default=16384, help="tokens of a rank (default: %(default)s)")
arguments.add_argument(
    "--no-compile", action="store_true", help="leave out torch.compile, which takes most of the time"
)
arguments.add_argument("--json", type=Path, help="write the figures to this file too")
arguments.add_argument("--cpu-check", action="store_true", help="compare at toy size, without a GPU and without times")
options = arguments.parse_args()
if options.cpu_check:
    os.environ["TRITON_INTERPRET"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2] / "templates"))

import torch

from planc_runtime.kernels import dot_rows, gated, gather_rows, sum_rows
from planc_runtime.kernels.eager import dotting, gathering, gating, summing
from planc_runtime.kernels.gate import Gate

DEVICE = "cpu" if options.cpu_check else "cuda"
RANKS, TOP_K = 2, 8
SILU = Gate(kind="silu", is_gated=True)


def random(*shape: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.randn(*shape, device=DEVICE).to(dtype)


def work_of(*, tokens: int, hidden: int, width: int, dtype: torch.dtype) -> SimpleNamespace:
    """What one rank has between two all-to-alls: its own tokens and those it received, and where each goes."""
    torch.manual_seed(0)
    num_tokens = RANKS * tokens
    is_here = torch.rand(num_tokens, TOP_K, device=DEVICE) < 1 / RANKS
    num_rows = int(is_here.sum())
    positions = torch.full((num_tokens, TOP_K), -1, dtype=torch.int32, device=DEVICE)
    positions[is_here] = torch.randperm(num_rows, device=DEVICE).int()
    source = torch.empty(num_rows, dtype=torch.int32, device=DEVICE)
    source[positions[is_here].long()] = is_here.nonzero()[:, 0].int()
    return SimpleNamespace(
        own=random(tokens, hidden, dtype=dtype),
        received=random(tokens, hidden, dtype=dtype),
        source=source,  # row in the experts' order -> token
        positions=positions,  # token -> its rows in the experts' order
        both=torch.arange(num_tokens, dtype=torch.int32, device=DEVICE).reshape(RANKS, -1).t().contiguous(),
        rows=random(num_rows, hidden, dtype=dtype),
        grad=random(num_tokens, hidden, dtype=dtype),
        slot_weights=torch.rand(num_tokens, TOP_K, device=DEVICE),
        gate_up=random(num_rows, 2 * width, dtype=dtype),
        weights=torch.rand(num_rows, device=DEVICE),
        grad_inner=random(num_rows, width, dtype=dtype),
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A kernel at work: `call`; the same with `function`, for torch.compile; the bytes that it must move."""

    name: str
    call: Callable
    function: Callable
    with_function: Callable
    num_bytes: int


def cases(work: SimpleNamespace) -> list[Case]:
    unit = work.rows.element_size()
    num_rows, num_tokens = work.rows.shape[0], work.positions.shape[0]
    row, inner = work.rows.shape[1] * unit, work.grad_inner.shape[1] * unit

    def backward(function: Callable) -> tuple[torch.Tensor, ...]:
        inputs = work.gate_up.detach().requires_grad_(), work.weights.detach().requires_grad_()
        out = function(*inputs)
        return out.detach(), *torch.autograd.grad(out, inputs, work.grad_inner)

    return [
        Case(
            name="gather into experts' order",
            call=lambda: gather_rows(work.own, work.received, work.source),
            function=gathering.gather_rows,
            with_function=lambda function: function(work.own, work.received, work.source, None),
            num_bytes=2 * num_rows * row,
        ),
        Case(
            name="sum back to tokens",
            call=lambda: sum_rows(work.rows, None, work.positions),
            function=summing.sum_rows,
            with_function=lambda function: function(work.rows, None, work.positions, None),
            num_bytes=(num_rows + num_tokens) * row,
        ),
        Case(
            name="weighted sum back to tokens",
            call=lambda: sum_rows(work.rows, None, work.positions, work.slot_weights),
            function=summing.sum_rows,
            with_function=lambda function: function(work.rows, None, work.positions, work.slot_weights),
            num_bytes=(num_rows + num_tokens) * row,
        ),
        Case(
            name="sum over ranks",
            call=lambda: sum_rows(work.own, work.received, work.both),
            function=summing.sum_rows,
            with_function=lambda function: function(work.own, work.received, work.both, None),
            num_bytes=(num_tokens + work.both.shape[0]) * row,
        ),
        Case(
            name="weights' gradient of a sum",
            call=lambda: dot_rows(work.rows, None, work.positions, work.grad),
            function=dotting.dot_rows,
            with_function=lambda function: function(work.rows, None, work.positions, work.grad),
            num_bytes=(num_rows + num_tokens) * row,
        ),
        Case(
            name="gated activation",
            call=lambda: gated(work.gate_up, work.weights, "silu"),
            function=gating.gate_rows,
            with_function=lambda function: function(work.gate_up, work.weights, None, SILU),
            num_bytes=3 * num_rows * inner,
        ),
        Case(
            name="gated activation and backward",
            call=lambda: backward(lambda rows, weights: gated(rows, weights, "silu")),
            function=gating.gate_rows,
            with_function=lambda function: backward(lambda rows, weights: function(rows, weights, None, SILU)),
            num_bytes=8 * num_rows * inner,
        ),
    ]


def oai_call(work: SimpleNamespace) -> tuple[torch.Tensor, ...]:
    """gpt_oss's gate: interleaved, clamped and biased; forward and every gradient."""
    num_rows, num_experts = work.gate_up.shape[0], 16
    # On a grid that misses the limit: what a clamp's gradient is at the limit itself depends on the release of torch.
    gate_up = (work.gate_up * 64).round() / 64
    bias = (random(num_experts, gate_up.shape[1], dtype=gate_up.dtype) * 64).round() / 64
    offsets = torch.linspace(0, num_rows, num_experts + 1, device=DEVICE).int()[1:].contiguous()
    inputs = tuple(tensor.detach().requires_grad_() for tensor in (gate_up, work.weights, bias))
    more = {"interleaved": True, "limit": 1.5 + 2**-7, "alpha": 1.702, "bias_ED": inputs[2], "offsets_E": offsets}
    out = gated(inputs[0], inputs[1], "swiglu_oai", **more)
    return out.detach(), *torch.autograd.grad(out, inputs, work.grad_inner)


def made_by(backend: str, call: Callable):
    os.environ["PLANC_KERNELS"] = backend
    return call()


def difference(call: Callable) -> float:
    """The largest between Triton and plain torch, over the largest number in the result."""
    results = []
    for backend in ("triton", "eager"):
        torch.manual_seed(1)
        result = made_by(backend, call)
        results.append(result if isinstance(result, tuple) else (result,))
    return max(
        ((found.float() - expected.float()).abs().max() / expected.float().abs().max()).item()
        for found, expected in zip(*results, strict=True)
    )


def compare(*, tokens: int, hidden: int, width: int) -> bool:
    """Whether all agree to some units in the last place; the interpreter cuts bfloat16 off where a GPU rounds."""
    is_equal = True
    for dtype, allowed in ((torch.float32, 1e-5), (torch.bfloat16, 2**-6 if options.cpu_check else 2**-8)):
        work = work_of(tokens=tokens, hidden=hidden, width=width, dtype=dtype)
        calls = {case.name: case.call for case in cases(work)}
        calls["gate of gpt_oss and backward"] = lambda work=work: oai_call(work)
        for name, call in calls.items():
            found = difference(call)
            is_equal &= found <= allowed
            print(f"{'ok  ' if found <= allowed else 'DIFF'} {name:30} {dtype!s:15} differs by {found:.1e}", flush=True)
    # A GPU's minimum and maximum drop NaN where the interpreter's keep it, so this shows on a GPU alone.
    for kind in ("silu", "gelu", "gelu_tanh", "relu2"):
        rows = torch.full((2, 8), float("nan"), device=DEVICE)
        if not made_by("triton", lambda rows=rows, kind=kind: gated(rows, None, kind, limit=1.0)).isnan().all():
            is_equal = False
            print(f"DIFF {kind} makes a number of NaN")
    return is_equal


def milliseconds(call: Callable) -> float:
    from triton.testing import do_bench

    call()
    return do_bench(call, warmup=20, rep=80, return_mode="median")


def measure(*, tokens: int, hidden: int, width: int) -> dict:
    work = work_of(tokens=tokens, hidden=hidden, width=width, dtype=torch.bfloat16)
    source, target = torch.empty(2, 2**29, dtype=torch.int8, device=DEVICE)
    copied = 2 * source.numel() / milliseconds(lambda: target.copy_(source)) / 1e6
    device = torch.cuda.get_device_name()
    print(f"{device}, torch {torch.__version__}: a copy moves {copied:.0f} GB/s")
    print(f"{'':30} {'ms':>8} {'GB/s':>7} {'of copy':>8} {'eager ms':>9} {'compiled ms':>12}")
    figures = {"device": device, "torch": torch.__version__, "copy_gb_s": copied, "kernels": []}
    for case in cases(work):
        ours = made_by("triton", lambda case=case: milliseconds(case.call))
        eager = made_by("eager", lambda case=case: milliseconds(case.call))
        compiled = None
        if not options.no_compile:
            function = torch.compile(case.function, dynamic=False)
            compiled = milliseconds(lambda case=case, function=function: case.with_function(function))
        speed = case.num_bytes / ours / 1e6
        last = "-" if compiled is None else f"{compiled:.3f}"
        print(f"{case.name:30} {ours:8.3f} {speed:7.0f} {speed / copied:8.0%} {eager:9.3f} {last:>12}", flush=True)
        row = {"name": case.name, "ms": ours, "gb_s": speed, "eager_ms": eager, "compiled_ms": compiled}
        figures["kernels"].append(row)
    return figures


def main() -> int:
    began = time.monotonic()
    if options.cpu_check:
        return 0 if compare(tokens=5, hidden=40, width=24) else 1
    if not torch.cuda.is_available():
        sys.exit("error: no GPU to measure on; --cpu-check compares without one")
    figures = measure(tokens=options.tokens, hidden=2048, width=768)
    figures["is_equal"] = compare(tokens=1021, hidden=2048, width=768)
    figures["seconds"] = time.monotonic() - began
    print(f"{figures['seconds']:.0f} s in all")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["is_equal"] else 1


sys.exit(main())
