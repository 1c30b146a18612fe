"""What one GPU is timed with: products, attention, copies, and the host that launches them."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch.nn import Linear, functional

from planc_runtime.bench.calibration.clock import seconds_of
from planc_runtime.bench.calibration.shapes import Shapes

# Numbers of a buffer that is copied, too large for any cache, and of a toy's.
COPIED, TOY_COPIED = 2**29, 2**16

# Launches that the host is timed with.
LAUNCHES = 400


def measure_gpu(shapes: Shapes, device: torch.device, *, toy: bool) -> dict[str, Any]:
    """Every figure of one GPU; times are seconds of one call."""
    return {
        "launch_seconds": launch_seconds(device),
        "copy": _copy(TOY_COPIED if toy else COPIED, device),
        "dense": [_dense(shapes.tokens, k, n, device) for k, n in shapes.dense],
        "grouped": [_grouped(shapes, k, n, device) for k, n in shapes.grouped],
        "attention": _attention(shapes, device),
    }


def launch_seconds(device: torch.device) -> float:
    """What Python and torch take to call a small module that has a gradient: the GPU is faster, and waits."""
    layer = Linear(8, 8, device=device)
    x = torch.randn(8, 8, device=device, requires_grad=True)
    best = float("inf")
    for _ in range(5):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        began = time.perf_counter()
        for _ in range(LAUNCHES):
            layer(x)
        best = min(best, (time.perf_counter() - began) / LAUNCHES)
    return best


def _copy(count: int, device: torch.device) -> dict[str, Any]:
    source = torch.zeros(count, dtype=torch.bfloat16, device=device)
    target = torch.empty_like(source)
    # Bytes read and bytes written.
    return {"bytes": 4 * count, "seconds": seconds_of(lambda: target.copy_(source), device)}


def _dense(rows: int, k: int, n: int, device: torch.device) -> dict[str, Any]:
    x = torch.randn(rows, k, dtype=torch.bfloat16, device=device)
    weight = torch.randn(n, k, dtype=torch.bfloat16, device=device)
    return {"rows": rows, "k": k, "n": n, "seconds": seconds_of(lambda: functional.linear(x, weight), device)}


def _grouped(shapes: Shapes, k: int, n: int, device: torch.device) -> dict[str, Any]:
    """Rows spread evenly over a rank's experts."""
    num_experts = shapes.num_local_experts
    each = max(1, shapes.assignments // num_experts)
    x = torch.randn(each * num_experts, k, dtype=torch.bfloat16, device=device)
    weight = torch.randn(num_experts, k, n, dtype=torch.bfloat16, device=device)
    ends = torch.arange(1, num_experts + 1, dtype=torch.int32, device=device) * each
    seconds = seconds_of(lambda: torch.nn.functional.grouped_mm(x, weight, offs=ends), device)
    return {"rows": x.shape[0], "k": k, "n": n, "experts": num_experts, "seconds": seconds}


def _attention(shapes: Shapes, device: torch.device) -> dict[str, Any]:
    """Causal attention; `flops` are those of both products with the keys that a token sees, forward."""
    rows = shapes.tokens // shapes.length
    size = (rows, shapes.heads, shapes.length, shapes.head_dim)
    q, k, v = (torch.randn(size, dtype=torch.bfloat16, device=device, requires_grad=True) for _ in range(3))
    gradient = torch.randn(size, dtype=torch.bfloat16, device=device)

    def forward() -> torch.Tensor:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    output = forward()

    def backward() -> None:
        torch.autograd.grad(output, (q, k, v), gradient, retain_graph=True)

    return {
        "flops": 2 * rows * shapes.heads * shapes.length**2 * shapes.head_dim,
        "forward": seconds_of(forward, device),
        "backward": seconds_of(backward, device),
    }
