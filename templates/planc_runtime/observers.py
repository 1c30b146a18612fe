"""
Whoever only watches a run may neither end it nor come before its model is saved.

Observers are planc's own metrics, the trainer's printing callbacks and those of `report_to`. An error in one becomes a warning,
once for each of them; it goes on being called, since a network may come back. What they do when training ends waits for the save.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from transformers import PrinterCallback, ProgressCallback, TrainerCallback

from planc_runtime.output import sentence, warn
from planc_runtime.stack.trainer import INTEGRATION_TO_CALLBACK


class Observer(TrainerCallback):
    """A callback that only watches."""

    def give_up(self, event: str, state: Any, **kwargs: Any) -> None:
        """Called on the rank where an event failed: others may wait for this one's part in it."""


OBSERVERS = (Observer, PrinterCallback, ProgressCallback, *INTEGRATION_TO_CALLBACK.values())
EVENTS = tuple(name for name in vars(TrainerCallback) if name.startswith("on_"))


class Observers:
    """
    Guards the observers among a trainer's callbacks, once they are all there.

    Attributes:
        waiting: what they have to do at the end of training, until `finish`.
    """

    def __init__(self, callbacks: list[TrainerCallback]) -> None:
        self.waiting: list[Callable[[], Any]] = []
        if os.environ.get("RANK", "0") != "0":
            # The trainer prints its log on each machine, and the machines of a job mostly print into one file.
            callbacks[:] = [callback for callback in callbacks if not isinstance(callback, PrinterCallback)]
        for callback in callbacks:
            if isinstance(callback, OBSERVERS):
                self._guard(callback)

    def finish(self) -> None:
        """Let them do what they do at the end of training. Every rank calls this, once its model or checkpoint is saved."""
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()

    def _guard(self, callback: TrainerCallback) -> None:
        failed: list[str] = []

        def attempt(event: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except Exception as error:
                if not failed:
                    name = type(callback).__name__
                    warn(f"{name}.{event} failed: {sentence(error)}; the training goes on without what it reports")
                failed.append(event)
            if isinstance(callback, Observer):
                try:
                    callback.give_up(event, *args[1:2], **kwargs)
                except Exception as error:
                    warn(f"{type(callback).__name__} failed again: {sentence(error)}")
            return None

        def defer(event: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
            self.waiting.append(lambda: attempt(event, method, *args, **kwargs))

        for event in EVENTS:
            method = getattr(callback, event)
            guard = defer if event == "on_train_end" else attempt
            # On the object itself, whose class others look at.
            setattr(callback, event, functools.partial(guard, event, method))
