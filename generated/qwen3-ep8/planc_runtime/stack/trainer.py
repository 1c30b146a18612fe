"""
Private names of transformers' trainer: the steps of a run under public names, which a subclass overrides, and what watches.

A trainer is made of `HookedTrainer` and one of TRL's: `class Own(HookedTrainer, SFTTrainer)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers.trainer
from transformers import Trainer, TrainerCallback
from transformers.hf_argparser import string_to_bool
from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK
from transformers.trainer_callback import ExportableState
from transformers.trainer_utils import SaveStrategy

__all__ = [
    "INTEGRATION_TO_CALLBACK",
    "ExportableState",
    "HookedTrainer",
    "Log",
    "SaveStrategy",
    "add_default_callback",
    "string_to_bool",
    "wrap_training_step",
]

REQUIRED = {
    "transformers.trainer.DEFAULT_CALLBACKS": "the rehearsal",
    "transformers.trainer.Trainer.training_step": "the rehearsal",
    "transformers.hf_argparser.string_to_bool": "options on the command line",
    "transformers.integrations.integration_utils.INTEGRATION_TO_CALLBACK": "reports that may not end a run",
    "transformers.trainer_callback.ExportableState": "checkpoints",
    "transformers.trainer_utils.SaveStrategy": "checkpoints",
    "transformers.trainer.Trainer._train_batch_size": "the order of the data",
    "transformers.trainer.Trainer._get_train_sampler": "the order of the data",
    "transformers.trainer.Trainer._prepare_for_training": "the order of the data after resuming",
    "transformers.trainer.Trainer._init_training_state": "resuming",
    "transformers.trainer.Trainer._run_epoch": "resuming after the last step",
    "transformers.trainer.Trainer._save_checkpoint": "checkpoints",
    "transformers.trainer.Trainer._load_from_checkpoint": "resuming",
    "transformers.trainer.Trainer._load_optimizer_and_scheduler": "resuming",
    "transformers.trainer.Trainer._load_rng_state": "resuming",
    "transformers.trainer.Trainer._tr_loss": "the log after resuming",
    "transformers.trainer.Trainer._total_loss_scalar": "the log after resuming",
    "transformers.trainer.Trainer._globalstep_last_logged": "the log after resuming",
}


@dataclass(frozen=True)
class Log:
    """
    What the trainer has added up for its next log.

    Attributes:
        loss: sum of this rank's losses since the last log.
        last_logged: step of the last log.
    """

    loss: float
    last_logged: int


class HookedTrainer(Trainer):
    """
    transformers' trainer, with a public method for each private step that a run overrides.

    Attributes:
        epochs_trained: epochs that a resumed run has behind it.
    """

    epochs_trained = 0

    # What a subclass overrides.

    def is_over(self) -> bool:
        """Whether an epoch that is about to begin has no step left."""
        return False

    def choose_sampler(self, own: Any, dataset: Any) -> Any:
        """The sampler of the rows to train on, where `own` is the trainer's."""
        return own

    def continue_epochs(self, dataloader: Any) -> None:
        """Called once the loader of the rows is ready, before the first epoch."""

    def save_to(self, folder: Path, *, is_last: bool, is_pushed: bool) -> None:
        """
        Save the model. Every rank calls this.

        Args:
            is_last: it is the trained model, not one on the way.
            is_pushed: it may go to the Hub afterwards.
        """
        self.write_model(folder)

    def save_checkpoint(self, save_model_only: Callable[[], None]) -> None:
        """Save a checkpoint after this step; `save_model_only` is the trainer's own way."""
        save_model_only()

    # Called only where a run resumes, in this order; the trainer's own cannot read a checkpoint of a sharded model.

    def load_model(self) -> None:
        """Read the checkpoint's weights into the model."""
        raise NotImplementedError

    def load_optimizer(self) -> None:
        """Read the checkpoint's state of optimizer and schedule into them."""
        raise NotImplementedError

    def load_random_state(self) -> None:
        """Set the random number generators as they were when the checkpoint was saved."""
        raise NotImplementedError

    # What a subclass asks for.

    @property
    def micro_batch_size(self) -> int:
        """Rows of a micro-batch."""
        return self._train_batch_size

    def log_sums(self) -> Log:
        return Log(self._tr_loss.item(), self._globalstep_last_logged)

    def continue_log(self, log: Log, *, reported: float) -> None:
        """
        Go on with what an earlier run has added up. Call it when training begins.

        Args:
            reported: loss that no longer counts in the mean at the end.
        """
        self._tr_loss += log.loss
        self._globalstep_last_logged = log.last_logged
        self._total_loss_scalar = -reported

    def write_model(self, folder: Path) -> None:
        """Save the model as the trainer does."""
        super().save_model(str(folder), _internal_call=True)

    def inner_optimizer(self) -> torch.optim.Optimizer:
        """The optimizer itself, which accelerate has wrapped."""
        return getattr(self.optimizer, "optimizer", self.optimizer)

    # The trainer's own.

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        folder = Path(output_dir or self.args.output_dir)
        self.save_to(folder, is_last=output_dir is None and not _internal_call, is_pushed=not _internal_call)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        own = super()._get_train_sampler(train_dataset)
        return self.choose_sampler(own, self.train_dataset if train_dataset is None else train_dataset)

    def _prepare_for_training(self, max_steps: int, train_dataloader: Any, resume_from_checkpoint: str | None) -> Any:
        model, train_dataloader = super()._prepare_for_training(max_steps, train_dataloader, resume_from_checkpoint)
        self.continue_epochs(train_dataloader)
        return model, train_dataloader

    def _init_training_state(self, max_steps: int, *args: Any) -> tuple[int, int]:
        self.epochs_trained, skipped = super()._init_training_state(max_steps, *args)
        # The checkpoint's state has the steps at which that run logged and saved.
        self.state.compute_steps(self.args, max_steps)
        return self.epochs_trained, skipped

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        if self.is_over():
            self.control.should_training_stop = True
            return
        super()._run_epoch(*args, **kwargs)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        own = super()._save_checkpoint
        self.save_checkpoint(lambda: own(model, trial))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        self.load_model()

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            self.load_optimizer()

    def _load_rng_state(self, checkpoint: str | None) -> None:
        self.load_random_state()


def add_default_callback(callback: type[TrainerCallback]) -> None:
    """From now on every trainer of this process has one of these callbacks."""
    transformers.trainer.DEFAULT_CALLBACKS = [*transformers.trainer.DEFAULT_CALLBACKS, callback]


def wrap_training_step(wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """From now on every trainer of this process makes its steps by what `wrap` makes of its `training_step`."""
    Trainer.training_step = wrap(Trainer.training_step)
