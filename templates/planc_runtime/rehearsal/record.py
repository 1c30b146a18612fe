"""Keep what a training run computes: the loss of each step and every whole gradient before clipping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers.trainer
from safetensors.torch import save_file
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback


class Recorder(TrainerCallback):
    """
    Writes `gradients-STEP.safetensors` and `losses.json` to a folder. Every rank takes part in gathering; the first
    writes. Clipping has to be off, since it comes before this.
    """

    folder: Path

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: torch.nn.Module, **_: Any) -> None:
        gradients = {}
        for name, parameter in model.named_parameters():
            if parameter.grad is None:
                continue
            whole = parameter.grad.full_tensor() if isinstance(parameter.grad, DTensor) else parameter.grad
            if state.is_world_process_zero:
                gradients[name] = whole.detach().float().contiguous().clone()
        if state.is_world_process_zero:
            save_file(gradients, self.folder / f"gradients-{state.global_step + 1}.safetensors")

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
            (self.folder / "losses.json").write_text(json.dumps(losses))


def record(folder: Path) -> None:
    """From now on every trainer of this process records into `folder`, without the program's doing."""
    folder.mkdir(parents=True, exist_ok=True)
    recorder = type("FolderRecorder", (Recorder,), {"folder": folder})
    transformers.trainer.DEFAULT_CALLBACKS = [*transformers.trainer.DEFAULT_CALLBACKS, recorder]
