"""
Both gradients of the activation, a row at a time: reads gate, up and the gradient, writes the rows' and the weight's.

Shapes: R rows (one) and C columns of a tile. Arguments of the kernel are pointers and sizes.
"""

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
        rows_R = (row + tl.arange(0, 1)).to(tl.int64)
        weight_R1 = tl.load(weights + rows_R)[:, None] if has_weights else 1.0
        total_RC = tl.zeros([1, block_columns], dtype=tl.float32)
        for start in range(0, columns, block_columns):
            gate_RC, up_RC = load_biased_gate(
                rows + rows_R * row_stride,
                start,
                rows_R < num_rows,
                columns,
                bias,
                experts + rows_R if has_bias else None,
                bias_stride,
                has_bias,
                is_gated,
                is_interleaved,
                block_columns,
            )
            cols_C = start + tl.arange(0, block_columns)
            sources_RC = grad + (rows_R * grad_stride)[:, None] + cols_C[None, :]
            grad_RC = tl.load(sources_RC, mask=(cols_C < columns)[None, :], other=0.0).to(tl.float32)
            if has_limit:
                # Not at the limit itself: torch 2.15 stops there too (releases before it did not).
                gate_moves_RC = gate_RC < limit
                up_moves_RC = (up_RC < limit) & (up_RC > -limit)
                gate_RC, up_RC = clamp(gate_RC, up_RC, limit)
            if kind == "swiglu_oai":
                up_RC += 1
            value_RC, slope_RC = curve(gate_RC, alpha, kind)
            gate_grad_RC = grad_RC * weight_R1 * slope_RC
            up_grad_RC = grad_RC * weight_R1 * value_RC
            if is_gated:
                gate_grad_RC *= up_RC
                value_RC *= up_RC
            if has_limit:
                gate_grad_RC = tl.where(gate_moves_RC, gate_grad_RC, 0.0)
                up_grad_RC = tl.where(up_moves_RC, up_grad_RC, 0.0)
            total_RC += grad_RC * value_RC
            targets_R = into_rows + rows_R * into_stride
            store_gate(targets_R, start, columns, gate_grad_RC, up_grad_RC, is_gated, is_interleaved, block_columns)
        if has_weights:
            tl.store(into_weights + rows_R, tl.sum(total_RC, axis=1))
