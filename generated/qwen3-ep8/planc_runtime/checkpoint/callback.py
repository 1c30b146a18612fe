"""What happens between the steps of a run that is saved and resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """
    What a run does as it trains.

    Attributes:
        begin_training: called once, before the first step.
        begin_epoch: called before each epoch.
        end_step: called after each step; whether the run has to be saved and to stop.
    """

    begin_training: Callable[[], None]
    begin_epoch: Callable[[], None]
    end_step: Callable[[], bool]


class RunCallback(TrainerCallback):
    """Calls the hooks when training, an epoch or a step begins or ends."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks

    def on_train_begin(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self.hooks.begin_training()

    def on_epoch_begin(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self.hooks.begin_epoch()

    def on_step_end(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        if self.hooks.end_step():
            control.should_save = True
            control.should_training_stop = True
