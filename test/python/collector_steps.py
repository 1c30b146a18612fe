"""
Train a toy with the trainer, each step of which makes reference cycles, and tell how many of them live.

    python collector_steps.py FOLDER

Prints a JSON object: for each run whether the collector was on in each step, the cycles alive at the end of each step, and
whether the collector is on, and how much is frozen, before and after training.
"""

import gc
import json
import os
import sys

import torch
from torch import nn
from transformers import Trainer, TrainerCallback, TrainingArguments

from planc_runtime.collector import Collector

STEPS = 120
alive = 0


class Cycle:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        global alive
        alive += 1
        self.own, self.held = self, torch.zeros(4)

    def __del__(self) -> None:
        global alive
        alive -= 1


class Toy(nn.Module):
    def __init__(self, fails_at: int | None) -> None:
        super().__init__()
        self.weight, self.fails_at, self.steps = nn.Parameter(torch.ones(2)), fails_at, []

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> dict:
        Cycle()
        if len(self.steps) == self.fails_at:
            raise KeyError("out of luck")
        return {"loss": (x * self.weight).square().mean()}


class Watch(TrainerCallback):
    def __init__(self, model: Toy) -> None:
        self.model = model

    def on_step_end(self, *_, **__) -> None:
        self.model.steps.append((gc.isenabled(), alive))


def train(folder: str, fails_at: int | None = None, **given) -> dict:
    model, collector = Toy(fails_at), Collector()
    arguments = TrainingArguments(
        folder, max_steps=STEPS, per_device_train_batch_size=1, use_cpu=True, report_to="none", disable_tqdm=True, **given
    )
    rows = [{"x": torch.ones(2), "labels": torch.ones(1)}] * 7
    trainer = Trainer(model, arguments, train_dataset=rows, callbacks=[collector, Watch(model)])
    raised, before = None, [gc.isenabled(), gc.get_freeze_count()]
    try:
        with collector:
            trainer.train()
    except KeyError as error:
        raised = str(error)
    after = [gc.isenabled(), gc.get_freeze_count()]
    return {"steps": model.steps, "before": before, "after": after, "raised": raised}


def child_is_on() -> bool:
    """Whether a process that is forked while the collector is off collects."""
    gc.disable()
    child = os.fork()
    if child == 0:
        os._exit(0 if gc.isenabled() else 1)
    gc.enable()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main() -> None:
    never = {"logging_strategy": "no", "save_strategy": "no"}
    gc.unfreeze()
    answers = {
        "seldom": train(sys.argv[1], **never),
        "logging": train(sys.argv[1], logging_steps=5, save_strategy="no"),
        "saving": train(sys.argv[1], logging_strategy="no", save_steps=10, save_total_limit=1),
        "failing": train(sys.argv[1], fails_at=60, **never),
        "child": child_is_on(),
    }
    print(json.dumps(answers), flush=True)


main()
