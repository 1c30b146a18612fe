"""Keep what a training run sees and computes: its batches, the loss of each step, every gradient before clipping."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback

from planc_runtime.checkpoint.state import adapters_of
from planc_runtime.stack.trainer import add_default_callback, wrap_training_step

# Beside what is recorded, the adapter that training begins with.
START = "start"

# What a trainer of preferences logs beside the loss: means over the pairs of a step.
REWARDS = ("rewards/chosen", "rewards/rejected")


class Recorder(TrainerCallback):
    """
    Writes `shapes-RANK.json`, `gradients-STEP.safetensors`, `losses.json` and `rewards.json` to a folder. Every rank takes
    part in gathering gradients; the first writes them. Of adapters they go by PEFT's names, and the adapter that training begins
    with goes to `start/`. Clipping has to be off, since it comes before this.
    """

    folder: Path

    def on_train_begin(self, args: Any, state: Any, control: Any, model: torch.nn.Module, **_: Any) -> None:
        save_shapes(model, self.folder)
        attached = adapters_of(model)
        if attached is not None:
            tensors = attached.gather(model)
            if state.is_world_process_zero:
                attached.write(self.folder / START, tensors, base=model.name_or_path, revision=None)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: torch.nn.Module, **_: Any) -> None:
        attached = adapters_of(model)
        gradients = {} if attached is None else attached.gather_gradients(model)
        for name, parameter in model.named_parameters():
            if parameter.grad is None or attached is not None:
                continue
            whole = parameter.grad.full_tensor() if isinstance(parameter.grad, DTensor) else parameter.grad
            if state.is_world_process_zero:
                gradients[saved_name(name)] = whole.detach().float().contiguous().clone()
        if state.is_world_process_zero:
            save_file(gradients, self.folder / f"gradients-{state.global_step + 1}.safetensors")

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            logs = [entry for entry in state.log_history if "loss" in entry]
            (self.folder / "losses.json").write_text(json.dumps([entry["loss"] for entry in logs]))
            rewards = [[entry[name] for name in REWARDS if name in entry] for entry in logs]
            (self.folder / "rewards.json").write_text(json.dumps(rewards))


def save_shapes(model: torch.nn.Module, folder: Path) -> None:
    """Write what this rank holds of each parameter to `shapes-RANK.json`."""
    shapes = {}
    attached = adapters_of(model)
    names = {} if attached is None else attached.peft_names()
    for name, parameter in model.named_parameters():
        local = parameter.to_local() if isinstance(parameter, DTensor) else parameter
        shapes[names.get(name, name.replace(".base_layer.", "."))] = list(local.shape)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"shapes-{os.environ.get('RANK', '0')}.json").write_text(json.dumps(shapes))


def saved_name(name: str) -> str:
    """The name of a parameter in a checkpoint: PEFT leaves out which of its adapters it is of."""
    return name.replace(".default.", ".")


def record(folder: Path) -> None:
    """From now on every trainer of this process records into `folder`, without the program's doing."""
    folder.mkdir(parents=True, exist_ok=True)
    add_default_callback(type("FolderRecorder", (Recorder,), {"folder": folder}))
    wrap_training_step(lambda step: _recorded(step, folder))


def _recorded(step: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """The trainer's `training_step`, which writes down which micro-batch it gets."""
    rank = os.environ.get("RANK", "0")

    def training_step(self: Any, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        digest = hashlib.sha256(inputs["input_ids"].cpu().numpy().tobytes()).hexdigest()
        with open(folder / f"batches-{rank}.txt", "a") as stream:
            stream.write(f"{digest}\n")
        if self.state.global_step > 0 or not self.padding_free:
            return step(self, model, inputs, *args, **kwargs)
        # Of the first step, what the model says of each token: which documents differ says why a loss does.
        found = {"documents": inputs["documents"]} if "documents" in inputs else {}
        hook = self.model.register_forward_hook(lambda _, args, outputs: found.update(log_probs=outputs.log_probs))
        loss = step(self, model, inputs, *args, **kwargs)
        hook.remove()
        found["log_probs"] = found["log_probs"].detach().float().contiguous()
        save_file(found, folder / f"tokens-{rank}-{digest}.safetensors")
        return loss

    return training_step
