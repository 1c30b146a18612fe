"""The checkpoint that the job loads: there, of the plan's family, in its layout, and in a format that it can train."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from planc_runtime.places import looks_local
from planc_runtime.preflight.check import Check
from planc_runtime.preflight.hub import HubReading, judge_hub
from planc_runtime.safetensors import CheckpointError, read_header
from planc_runtime.stored import FP8_IS_REFUSED, stored_names

# Formats of weights that the loader casts to what the optimizer updates.
FLOATS = ("F32", "F16", "BF16", "F64")


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
    """A checkpoint folder: what is wrong with it first, or what it holds."""
    again = "download it again, or give another with --model"
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = stored_names(folder)
    except (OSError, ValueError, CheckpointError) as error:
        return Check("checkpoint", "fails", f"{folder}: {error}", again)
    wanted = lock["model"]["model_type"]
    if config.get("model_type") != wanted:
        message = f"{folder} is a {config.get('model_type')} model; the plan is for {wanted}"
        return Check("checkpoint", "fails", message, "compile a plan for this model")
    method = (config.get("quantization_config") or {}).get("quant_method")
    if method == "fp8":
        return Check("checkpoint", "fails", f"{folder} {FP8_IS_REFUSED}", "give one in bfloat16 with --model")
    if method not in (None, "mxfp4"):
        message = f"{folder} is quantised with {method}, whose weights cannot be trained"
        return Check("checkpoint", "fails", message, "give one in bfloat16 with --model")
    missing = next((name for name in expected_names(lock) if name not in names), None) if own else None
    if missing is not None:
        message = f"{folder} has no {missing}, which the layout {lock['model']['layout']} stores"
        return Check("checkpoint", "fails", message, "set model.layout in the plan to how the checkpoint is stored")
    return judge_files(folder, names, is_quantized=method is not None)


def judge_files(folder: Path, names: set[str], *, is_quantized: bool) -> Check:
    """The headers of a folder's files: each is whole, together they hold `names`, in formats that can be loaded."""
    again = "download it again, or give another with --model"
    dtypes: Counter[str] = Counter()
    seen: set[str] = set()
    odd = None
    try:
        for file in sorted(folder.glob("*.safetensors")):
            for name, tensor in read_header(file).tensors.items():
                if name in names:
                    seen.add(name)
                    dtypes[tensor.dtype] += 1
                    if tensor.dtype not in FLOATS and name.endswith("weight"):
                        odd = odd or f"{name} is stored as {tensor.dtype}"
    except CheckpointError as error:
        return Check("checkpoint", "fails", f"{folder}: {error}", again)
    lost = next((name for name in sorted(names) if name not in seen), None)
    if lost is not None:
        return Check("checkpoint", "fails", f"{folder}: the index names {lost}, which no file holds", again)
    if odd is not None and not is_quantized:
        message = f"{folder}: {odd}, but its config.json names no quantisation"
        return Check("checkpoint", "fails", message, "give one in bfloat16 with --model")
    formats = ", ".join(f"{count:,} in {dtype}" for dtype, count in dtypes.most_common())
    return Check("checkpoint", "ok", f"{folder}: {len(names):,} tensors, {formats}")


def expected_names(lock: Mapping[str, Any]) -> Iterator[str]:
    """The stored name of every tensor that the plan counts on."""
    for tensor in lock["model"]["tensors"]:
        for template in tensor["stored"]:
            for layer in tensor["layers"] or [0]:
                name = template.replace("{layer}", str(layer))
                if "{expert}" not in name:
                    yield name
                    continue
                for expert in range(lock["model"]["num_experts"]):
                    yield name.replace("{expert}", str(expert))
