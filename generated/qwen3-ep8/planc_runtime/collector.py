"""Python's garbage collector, kept out of training steps: a collection walks the whole heap while the GPUs wait."""

from __future__ import annotations

import gc
import os
from typing import Any

from transformers import TrainerCallback

# Steps after which reference cycles are freed where nothing is logged or saved meanwhile.
MOST_STEPS = 50

# Processes that are forked, such as those that read data, collect by themselves.
os.register_at_fork(after_in_child=gc.enable)


class Collector(TrainerCallback):
    """
    Frees reference cycles between steps and not in them: where the trainer logs, saves or evaluates, and every `MOST_STEPS`.

    What lives after the first step of a `with` block is frozen: a collection walks only what was made since. The block ends
    as it began, however it ends.
    """

    def __init__(self) -> None:
        self._was_on = self._was_frozen = self._is_begun = False
        self._steps = 0

    def __enter__(self) -> None:
        # A process that a rehearsal forked shares what was frozen before with others: thawed, each would copy it.
        self._was_on, self._was_frozen = gc.isenabled(), gc.get_freeze_count() > 0
        self._is_begun, self._steps = False, 0

    def __exit__(self, *_: object) -> None:
        if not self._was_frozen:
            gc.unfreeze()
        if self._was_on:
            gc.enable()

    def on_step_end(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self._steps += 1
        # The first step makes what stays: the optimizer's states, what FSDP and compilers set up.
        if not self._is_begun:
            self._is_begun = True
            gc.disable()
            self._collect()
            gc.freeze()
        elif self._steps >= MOST_STEPS:
            self._collect()

    def on_log(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self._collect()

    def on_evaluate(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self._collect()

    def on_save(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self._collect()

    def _collect(self) -> None:
        self._steps = 0
        gc.collect()
