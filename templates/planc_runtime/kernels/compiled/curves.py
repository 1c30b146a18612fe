"""
The activations and their derivatives, on float32 registers. What a caller does not use of the two is never computed.

A number that is no number stays one: comparisons are written so that NaN falls through, where minimum and maximum drop it.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def curve(x, alpha, kind: tl.constexpr):
    """The activation `kind` of x, and its derivative."""
    if kind == "silu":
        s = tl.sigmoid(x)
        value = x * s
        slope = s * (1 + x * (1 - s))
    elif kind == "swiglu_oai":
        s = tl.sigmoid(alpha * x)
        value = x * s
        slope = s * (1 + alpha * x * (1 - s))
    elif kind == "gelu":
        cdf = 0.5 * (1 + tl.erf(x * 0.7071067811865476))
        value = x * cdf
        slope = cdf + x * 0.3989422804014327 * tl.exp(-0.5 * x * x)
    elif kind == "gelu_tanh":
        # (1 + tanh(u)) / 2 is sigmoid(2u), which loses nothing where the two ones cancel.
        s = tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x))
        value = x * s
        slope = s + x * s * (1 - s) * 1.5957691216057308 * (1 + 0.134145 * x * x)
    else:
        tl.static_assert(kind == "relu2")
        positive = tl.where(x < 0, 0.0, x)
        value = positive * positive
        slope = 2 * positive
    return value, slope


@triton.jit
def clamp(left, right, limit):
    """Gate to at most `limit`, up to it both ways."""
    left = tl.where(left > limit, limit, left)
    right = tl.where(right > limit, limit, right)
    return left, tl.where(right < -limit, -limit, right)
