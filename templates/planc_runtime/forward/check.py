"""Compare the logits of the sharded model with those of the whole model in one process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from torch import distributed, nn

from planc_runtime.errors import UserError, end
from planc_runtime.model import load_model
from planc_runtime.parts.parts import Parts

# How far logits may be apart, relative to the largest: float32 adds in another order; bfloat16 keeps 8 bits, and layers
# add up what they round.
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 5e-2}

GIB = 2**30


def check_logits(
    model: nn.Module,
    tokenizer: Any,
    prompt: str,
    *,
    checkpoint: str,
    revision: str | None,
    parts: Parts | None = None,
    adapter: Path | None = None,
) -> None:
    """
    Run `prompt` through the sharded `model` and, on rank 0, through the whole one, and compare; end with 4 if they differ.

    The whole model, with `adapter` as PEFT itself reads it, is loaded on the first GPU where it fits there beside the shard, else in the machine's memory.

    Raises:
        UserError: it fits in neither.
    """
    tokens = tokenizer(prompt, return_tensors="pt")
    with torch.no_grad():
        found = model(**tokens.to(model.device)).logits[0].float().cpu()
    is_first = not distributed.is_initialized() or distributed.get_rank() == 0
    verdict: list[int | str] = [0]
    if is_first:
        try:
            verdict[0] = _compare(
                model, found, tokens, checkpoint=checkpoint, revision=revision, parts=parts, adapter=adapter
            )
        except UserError as error:
            verdict[0] = str(error)
    if distributed.is_initialized():
        distributed.broadcast_object_list(verdict)
    if isinstance(verdict[0], str):
        raise UserError(verdict[0])
    if verdict[0]:
        end(verdict[0])


def _compare(
    model: nn.Module,
    found: torch.Tensor,
    tokens: Any,
    *,
    checkpoint: str,
    revision: str | None,
    parts: Parts | None,
    adapter: Path | None,
) -> int:
    dtype = model.dtype
    needed = sum(parameter.numel() for parameter in model.parameters()) * dtype.itemsize
    device = _place_for(needed, model.device)
    whole = load_model(checkpoint, revision=revision, dtype=dtype, distributed_config=None, parts=parts)
    if adapter is not None:
        from peft import PeftModel

        whole = PeftModel.from_pretrained(whole, str(adapter))
    whole = whole.eval().to(device)
    with torch.no_grad():
        expected = whole(**tokens.to(device)).logits[0].float().cpu()
    difference = ((found - expected).abs().max() / expected.abs().max()).item()
    same = (found.argmax(-1) == expected.argmax(-1)).float().mean().item()
    agrees = difference <= TOLERANCE[dtype]
    words = "agree" if agrees else "DISAGREE"
    print(
        f"check: logits {words} with one process on {device}: largest difference {difference:.1e} of the largest logit "
        f"({TOLERANCE[dtype]:.0e} allowed in {str(dtype).removeprefix('torch.')}), likeliest token equal at {same:.0%}",
        file=sys.stdout if agrees else sys.stderr,
        flush=True,
    )
    return 0 if agrees else 4


def _place_for(needed: int, device: torch.device) -> torch.device:
    """Where `needed` bytes of parameters fit, with a tenth more for what a forward pass keeps."""
    needed += needed // 10
    if device.type == "cuda" and torch.cuda.mem_get_info(device)[0] > needed:
        return device
    free = _free_memory()
    if free is not None and free < needed:
        raise UserError(
            f"--check needs the whole model in one process: {needed / GIB:.1f} GiB, and {free / GIB:.1f} GiB of this "
            "machine's memory are free; run without --check, or on a machine with more memory"
        )
    return torch.device("cpu")


def _free_memory() -> int | None:
    """Bytes of memory that programs can get, None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
