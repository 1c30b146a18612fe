"""Both gradients of the activation, a row at a time: reads gate, up and the gradient, writes the rows' and the weight's."""

from __future__ import annotations

import triton
import triton.language as tl

from planc_runtime.kernels.compiled.curves import clamp, curve
from planc_runtime.kernels.compiled.gate_tiles import load_biased_gate, store_gate
from planc_runtime.kernels.compiled.tuning import tuned_sums


@tuned_sums
@triton.jit(do_not_specialize=["num_rows"])
def gate_backward(
    rows,
    grad,
    into_rows,
    into_weights,
    num_rows,
    columns,
    row_stride,
    grad_stride,
    into_stride,
    weights,
    bias,
    experts,
    bias_stride,
    alpha,
    limit,
    has_weights: tl.constexpr,
    has_bias: tl.constexpr,
    has_limit: tl.constexpr,
    kind: tl.constexpr,
    is_gated: tl.constexpr,
    is_interleaved: tl.constexpr,
    block_rows: tl.constexpr,
    block_columns: tl.constexpr,
):
    begin = tl.program_id(0) * block_rows
    for row in range(begin, tl.minimum(begin + block_rows, num_rows)):
        at = (row + tl.arange(0, 1)).to(tl.int64)
        weight = tl.load(weights + at)[:, None] if has_weights else 1.0
        total = tl.zeros([1, block_columns], dtype=tl.float32)
        for start in range(0, columns, block_columns):
            left, right = load_biased_gate(
                rows + at * row_stride,
                start,
                at < num_rows,
                columns,
                bias,
                experts + at if has_bias else None,
                bias_stride,
                has_bias,
                is_gated,
                is_interleaved,
                block_columns,
            )
            cols = start + tl.arange(0, block_columns)
            sources = grad + (at * grad_stride)[:, None] + cols[None, :]
            out = tl.load(sources, mask=(cols < columns)[None, :], other=0.0).to(tl.float32)
            if has_limit:
                # Not at the limit itself: torch 2.15 stops there too (releases before it did not).
                left_moves = left < limit
                right_moves = (right < limit) & (right > -limit)
                left, right = clamp(left, right, limit)
            if kind == "swiglu_oai":
                right += 1
            value, slope = curve(left, alpha, kind)
            into_left = out * weight * slope
            into_right = out * weight * value
            if is_gated:
                into_left *= right
                value *= right
            if has_limit:
                into_left = tl.where(left_moves, into_left, 0.0)
                into_right = tl.where(right_moves, into_right, 0.0)
            total += out * value
            into = into_rows + at * into_stride
            store_gate(into, start, columns, into_left, into_right, is_gated, is_interleaved, block_columns)
        if has_weights:
            tl.store(into_weights + at, tl.sum(total, axis=1))
