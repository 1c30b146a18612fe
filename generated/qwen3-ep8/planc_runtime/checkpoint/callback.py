"""What happens between the steps of a run that is saved and resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback
from transformers.trainer_utils import SaveStrategy

from planc_runtime.checkpoint import random_state, state

if TYPE_CHECKING:
    from planc_runtime.checkpoint.trainer import PlanTrainer


class RunCallback(TrainerCallback):
    """Tells the trainer when training, an epoch or a step begins or ends."""

    def __init__(self, trainer: PlanTrainer) -> None:
        self.trainer = trainer
        self.is_optimizer_checked = False

    def on_train_begin(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        self.trainer.restore_log()

    def on_epoch_begin(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        """Samplers may draw the epoch's order from the generators, so a resumed epoch begins with theirs."""
        if self.trainer.resumed is not None:
            random_state.restore(self.trainer.resumed["epoch_random"])
        self.trainer.epoch_random = random_state.capture()

    def on_step_end(self, args: Any, training: Any, control: Any, **_: Any) -> None:
        trainer = self.trainer
        if not self.is_optimizer_checked:
            self.is_optimizer_checked = True
            if args.save_strategy != SaveStrategy.NO and not args.save_only_model:
                # An optimizer that cannot be saved is refused after one step, not after many.
                state.optimizer_tensors(trainer.model, trainer.inner_optimizer())
        # A signal may reach one rank alone, and all have to stop after the same step.
        trainer.stopped_by = trainer.run.ranks.any(trainer.stopping.signal)
        if trainer.stopped_by:
            control.should_save = True
            control.should_training_stop = True
