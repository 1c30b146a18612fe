"""The checkpoint that the job loads: there, of the plan's family, in its layout, and in a format that it can train."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from planc_runtime.paths import looks_local
from planc_runtime.preflight.check import Check
from planc_runtime.preflight.hub import HubReading, judge_hub
from planc_runtime.preflight.weights import differences, is_passed_over, leftover, odd_formats, quantised
from planc_runtime.safetensors import CheckpointError, Tensor, read_header
from planc_runtime.stored import FP8_IS_REFUSED, stored_names


def check_checkpoint(
    lock: Mapping[str, Any], *, checkpoint: str, own: bool, hub: HubReading | None = None
) -> Iterator[Check]:
    """
    The checkpoint, from names and headers alone.

    Args:
        own: the plan's own checkpoint; another one (--model) may be of another size, so only its family is compared.
        hub: what is known of a checkpoint that is no folder here.
    """
    folder = Path(checkpoint)
    if folder.is_dir():
        yield judge_folder(lock, folder, own=own)
    elif looks_local(checkpoint):
        yield Check("checkpoint", "fails", f"{checkpoint} does not exist", "give another with --model")
    elif hub is not None:
        yield from judge_hub(checkpoint, hub)
        if hub.state == "cached" and hub.folder is not None:
            yield judge_folder(lock, hub.folder, own=own)


def judge_folder(lock: Mapping[str, Any], folder: Path, *, own: bool) -> Check:
    """
    A checkpoint folder: what is wrong with it first, or what it holds.

    The weights decide, as in `planc check`: config.json is compared with their names, shapes and formats.
    """
    again = "download it again, or give another with --model"
    fails = partial(Check, "checkpoint", "fails")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = stored_tensors(folder)
    except (OSError, ValueError, CheckpointError) as error:
        return fails(f"{folder}: {error}", again)
    wanted = lock["model"]["model_type"]
    if config.get("model_type") != wanted:
        message = f"{folder} is a {config.get('model_type')} model; the plan is for {wanted}"
        return fails(message, "compile a plan for this model")
    method = (config.get("quantization_config") or {}).get("quant_method")
    untrue = leftover(method, tensors)
    if untrue is not None:
        return fails(f"{folder}: {untrue}", "remove quantization_config from its config.json")
    found = quantised(tensors)
    if "fp8" in (method, found):
        return fails(f"{folder} {FP8_IS_REFUSED}", "give one in bfloat16 with --model")
    if method not in (None, "mxfp4") or found not in (None, "mxfp4"):
        message = f"{folder} is quantised with {method or found}, whose weights cannot be trained"
        return fails(message, "give one in bfloat16 with --model")
    if found == "mxfp4" and method is None:
        message = f"{folder}: the weights are mxfp4, but its config.json names no quantisation"
        return fails(message, "take the config.json that was saved with these files")
    wrong = list(differences(lock, tensors)) if own else []
    if wrong:
        layout = lock["model"]["layout"]
        advice = f"see that the plan's config.json and its layout ({layout}) are those of these files"
        return fails(f"{folder}: {'; '.join(wrong)}", advice)
    weights = [name for name in tensors if not is_passed_over(name, lock)]
    odd = next(odd_formats(weights, tensors), None)
    if odd is not None:
        return fails(f"{folder}: {odd}", "give one in bfloat16 with --model")
    dtypes = Counter(tensor.dtype for tensor in tensors.values())
    formats = ", ".join(f"{count:,} in {dtype}" for dtype, count in dtypes.most_common())
    return Check("checkpoint", "ok", f"{folder}: {len(tensors):,} tensors, {formats}")


def stored_tensors(folder: Path) -> dict[str, Tensor]:
    """
    Every tensor of `folder` by name, from the headers of the files that are loaded.

    Raises:
        CheckpointError: a file is missing or broken, or does not hold what the index puts in it.
    """
    names = stored_names(folder)
    tensors: dict[str, Tensor] = {}
    for file in sorted(set(names.values())):
        for name, tensor in read_header(folder / file).tensors.items():
            if names.get(name) != file:
                where = f"which is in {names[name]} by the index" if name in names else "which the index does not name"
                raise CheckpointError(f"{file} holds {name}, {where}")
            tensors[name] = tensor
    lost = next((name for name in sorted(names) if name not in tensors), None)
    if lost is not None:
        raise CheckpointError(f"the index names {lost}, which no file holds")
    return tensors
