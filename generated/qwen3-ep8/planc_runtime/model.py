"""Load a checkpoint, sharded as it is read, and refuse one that would leave any weight at random values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, Mxfp4Config, PreTrainedModel

from planc_runtime import dispatch
from planc_runtime.errors import UserError
from planc_runtime.head import gather_head
from planc_runtime.parts.parts import Parts
from planc_runtime.paths import looks_local
from planc_runtime.stack.transformers import forget_conversions
from planc_runtime.stored import FP8_IS_REFUSED
from planc_runtime.unshared import manage, outside_of_fsdp


def load_model(
    checkpoint: str,
    *,
    revision: str | None,
    dtype: torch.dtype,
    distributed_config: Any | None,
    attn_implementation: str | None = None,
    parts: Parts | None = None,
) -> PreTrainedModel:
    """
    Return the causal language model of `checkpoint`, this rank's shard of it where `distributed_config` shards.

    Args:
        checkpoint: a folder or a Hub id.
        revision: commit of a Hub id; ignored for a folder.
        dtype: format of the parameters, which the optimizer updates.
        distributed_config: transformers' `DistributedConfig`, or None for one process.
        attn_implementation: what computes attention; None for the release's choice. CPU processes take the release's choice
            in place of one that runs on GPUs alone.
        parts: of a model of several parts, whose own class is loaded and whose towers are frozen. The class for text alone
            would drop them, or does not exist.

    Raises:
        UserError: the checkpoint cannot be read, or a parameter of the model is missing in it, has another shape, or is
            left over. transformers itself only logs that and trains from random values.
    """
    if distributed_config is not None and distributed_config.ep_implementation == dispatch.NAME:
        dispatch.register()
    options: dict[str, Any] = {"dtype": dtype, "distributed_config": distributed_config}
    if parts is not None and distributed_config is not None:
        distributed_config.fsdp_plan = parts.fsdp_plan()
    if attn_implementation is not None and runs_here(attn_implementation):
        # Encoders of images and sounds compute attention in fewer ways, and do not run here.
        options["attn_implementation"] = attn_implementation if parts is None else {"text_config": attn_implementation}
    folder = Path(checkpoint)
    if folder.is_dir():
        quantization = read_quantization(folder)
    elif looks_local(checkpoint):
        raise UserError(f"the checkpoint folder {checkpoint} does not exist; give another with --model")
    else:
        options["revision"] = revision
        quantization = read_hub_quantization(checkpoint, revision=revision)
    if quantization == "mxfp4":
        options["quantization_config"] = Mxfp4Config(dequantize=True)
    elif quantization == "fp8":
        raise UserError(f"{checkpoint} {FP8_IS_REFUSED}; give one in bfloat16 with --model")
    model_class = AutoModelForCausalLM if parts is None else parts.model_class()
    try:
        with outside_of_fsdp(distributed_config) as unshared:
            model, report = model_class.from_pretrained(checkpoint, output_loading_info=True, **options)
    except (ImportError, OSError, ValueError) as error:
        raise UserError(f"cannot load {checkpoint}: {error}") from error
    check_report(checkpoint, report, has_other_parts=parts is not None)
    if quantization == "mxfp4":
        # Otherwise the full weights would be saved under the names of the blocks, where no loader finds them.
        forget_conversions(model)
    if parts is not None:
        parts.freeze(model)
    gather_head(model)
    manage(model, unshared)
    return model


def runs_here(attn_implementation: str) -> bool:
    """Whether this process can compute attention so: on the CPU, which trains toys, two ways alone."""
    return attn_implementation in ("eager", "sdpa") or torch.cuda.is_available()


def read_quantization(folder: Path) -> str | None:
    """The `quant_method` of a checkpoint folder's config.json, None where it is not quantised."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder} has no config.json: it is no checkpoint folder") from error
    except ValueError as error:
        raise UserError(f"{folder}/config.json is not JSON: {error}") from error
    return (config.get("quantization_config") or {}).get("quant_method")


def read_hub_quantization(checkpoint: str, *, revision: str | None) -> str | None:
    """The same of a Hub checkpoint."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(checkpoint, revision=revision)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot load {checkpoint}: {error}") from error
    return (getattr(config, "quantization_config", None) or {}).get("quant_method")


def check_report(checkpoint: str, report: dict[str, Any], *, has_other_parts: bool = False) -> None:
    """
    Raise `UserError` if loading left anything of the model or of the checkpoint over.

    Args:
        has_other_parts: the checkpoint may hold more than the class has, which the trained model gets from there.
    """
    kinds = (
        ("missing_keys", "mismatched_keys")
        if has_other_parts
        else ("missing_keys", "mismatched_keys", "unexpected_keys")
    )
    for kind, meaning in (
        ("missing_keys", "are missing in it and would be trained from random values"),
        ("mismatched_keys", "have another shape in it"),
        ("unexpected_keys", "are in it but not in the model"),
    ):
        names = sorted(str(name) for name in report.get(kind, ()))
        if names and kind in kinds:
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise UserError(f"{checkpoint} does not fit the model: {shown} {meaning}")
