"""Which implementation of a kernel a call gets: Triton where it can run, plain torch everywhere else."""

from __future__ import annotations

import importlib.util
import os

import torch

from planc_runtime.errors import UserError

COMPILED_DTYPES = (torch.bfloat16, torch.float16, torch.float32)
HAS_TRITON = importlib.util.find_spec("triton") is not None


def is_compiled(tensor: torch.Tensor) -> bool:
    """
    Whether work on `tensor` goes to Triton: on a GPU, or anywhere under TRITON_INTERPRET=1.

    The environment variable PLANC_KERNELS=eager takes plain torch instead, PLANC_KERNELS=triton raises
    `UserError` where Triton cannot run. Other dtypes than bfloat16, float16 and float32 are always plain torch.
    """
    asked = os.environ.get("PLANC_KERNELS", "")
    if asked not in ("", "eager", "triton"):
        raise UserError(f"PLANC_KERNELS is {asked!r}; set it to eager or triton, or leave it unset")
    if asked == "eager" or tensor.dtype not in COMPILED_DTYPES:
        return False
    if HAS_TRITON and (tensor.is_cuda or is_interpreted()):
        return True
    if asked == "triton":
        why = f"the tensors are on {tensor.device}" if HAS_TRITON else "triton is not installed"
        raise UserError(f"PLANC_KERNELS is triton but {why}; unset it, or set it to eager")
    return False


def is_interpreted() -> bool:
    """Whether Triton runs its kernels in Python, on any device. Triton fixes this when it defines a kernel."""
    import triton

    return triton.knobs.runtime.interpret
