"""What a run is: options, model and data. A checkpoint of another run is refused with what differs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from planc_runtime.checkpoint.adapter import attached_to
from planc_runtime.errors import UserError

# Options that change where a run writes, what it reports and how fast it is, and nothing that it computes.
FREE = {
    "output_dir",
    "run_name",
    "project",
    "report_to",
    "disable_tqdm",
    "push_to_hub",
    "prediction_loss_only",
    "include_for_metrics",
    "batch_eval_metrics",
    "do_train",
    "do_eval",
    "do_predict",
    "per_device_eval_batch_size",
    "load_best_model_at_end",
    "metric_for_best_model",
    "greater_is_better",
    "include_num_input_tokens_seen",
    "resume_from_checkpoint",
    "restore_callback_states_from_checkpoint",
    "enable_jit_checkpoint",
    "local_rank",
    "debug",
    "skip_memory_metrics",
    "parallelism_config",
    "torch_empty_cache_steps",
    "activation_checkpointing",
    "activation_checkpointing_kwargs",
    "gradient_checkpointing",
    "gradient_checkpointing_kwargs",
    "activation_offloading",
    "auto_find_batch_size",
    "dataset_num_proc",
    # Compared as what they come to: the steps of the whole run, and the micro-batches of one.
    "max_steps",
    "num_train_epochs",
    "gradient_accumulation_steps",
}
FREE_BEGINNINGS = ("logging_", "log_", "save_", "eval_", "hub_", "trackio_", "ddp_", "dataloader_")
BOUND = {"dataloader_drop_last"}

# Of a config.json: what says how a model is loaded, not what it is.
LOADING = {
    "_name_or_path",
    "transformers_version",
    "architectures",
    "dtype",
    "torch_dtype",
    "use_cache",
    "distributed_config",
    "quantization_config",
}


def run_options(args: Any) -> dict[str, Any]:
    """The trainer's options that decide what a run computes, as JSON values."""
    return {
        name: value
        for name, value in _plain(args.to_dict()).items()
        if name in BOUND or not (name in FREE or name.startswith(FREE_BEGINNINGS))
    }


def model_identity(model: Any) -> dict[str, Any]:
    """Class, format and configuration of a model."""
    distributed = getattr(model.config, "distributed_config", None)
    # FSDP gives a model that it shards a class of its own.
    kinds = (kind.__name__ for kind in type(model).__mro__)
    attached = attached_to(model)
    adapter = {} if attached is None else {"lora": _plain(attached.options)}
    return {
        **adapter,
        "class": next(name for name in kinds if not name.startswith("FSDP")),
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "fsdp_mixed_precision": bool(getattr(distributed, "fsdp_mixed_precision", False)),
        "config": _without_loading(_plain(model.config.to_dict())),
    }


def data_identity(dataset: Any, *, num_samples: int = 1000) -> dict[str, Any]:
    """Number of rows and a digest of evenly spaced ones, after they were tokenised and packed."""
    num_rows = len(dataset)
    digest = hashlib.sha256()
    for number in range(min(num_rows, num_samples)):
        row = dataset[number * (num_rows - 1) // max(1, min(num_rows, num_samples) - 1)]
        digest.update(json.dumps(row, sort_keys=True, default=str).encode())
    return {"rows": num_rows, "digest": digest.hexdigest()}


def digest_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def check_same(what: str, saved: dict[str, Any], found: dict[str, Any]) -> None:
    """
    Raise `UserError` with every key that differs and both its values.

    Args:
        what: of what the checkpoint is another one, "plan".
    """
    differing = list(_differences(saved, found, ""))
    if differing:
        shown = "; ".join(differing[:8]) + (f"; and {len(differing) - 8} more" if len(differing) > 8 else "")
        raise UserError(f"the checkpoint is of another {what}: {shown}")


def _differences(saved: Any, found: Any, path: str) -> list[str]:
    if isinstance(saved, dict) and isinstance(found, dict):
        return [
            difference
            for key in sorted(saved.keys() | found.keys())
            for difference in _differences(saved.get(key), found.get(key), f"{path}.{key}" if path else key)
        ]
    return [] if saved == found else [f"{path} is {_short(saved)} in it and {_short(found)} here"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str, sort_keys=True))


def _without_loading(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _without_loading(value) for key, value in config.items() if key not in LOADING}
    return config
