"""Liger's kernels for norms and rotary positions, in place of the model's own code. The loss stays the trainer's."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable

import torch


def use_liger(model_type: str) -> bool:
    """
    Make models of this family that are made from now on use Liger's RMSNorm and rotary embedding.

    Returns:
        Whether they do. Not without a GPU, or where the package is not installed, which is said on standard error.
    """
    if not torch.cuda.is_available():
        return False
    try:
        from liger_kernel.transformers.monkey_patch import MODEL_TYPE_TO_APPLY_LIGER_FN
    except ImportError:
        print("liger-kernel is not installed: norms and rotary positions run as plain torch", file=sys.stderr)
        return False
    apply = MODEL_TYPE_TO_APPLY_LIGER_FN.get(model_type)
    if apply is None:
        return False
    apply_liger(apply)
    return True


def apply_liger(apply: Callable[..., None]) -> None:
    """Call the function that Liger has for a family, with its norms and, where it has them, its rotary positions."""
    # It warns of every maker's kernels that this machine is not made for.
    logging.getLogger("liger_kernel").setLevel(logging.ERROR)
    known = inspect.signature(apply).parameters
    wanted = {name: name in ("rope", "rms_norm") for name in known if name != "model"}
    try:
        apply(**wanted)
    except NotImplementedError:  # Liger has no rotary embedding for some families, and says so only when asked
        apply(**wanted | {"rope": False})
