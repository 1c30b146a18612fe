"""TRL's trainer with checkpoints of a sharded model: it overrides how the trainer saves and resumes, not what it computes."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate.data_loader import SeedableRandomSampler
from transformers.trainer_utils import SaveStrategy
from trl import SFTTrainer

from planc_runtime.checkpoint import final, folder, random_state, restore, state
from planc_runtime.checkpoint.callback import RunCallback
from planc_runtime.checkpoint.content import identify, make_save
from planc_runtime.checkpoint.identity import check_same
from planc_runtime.checkpoint.order import Order, SameOrder, check_epochs, order_of
from planc_runtime.checkpoint.run import Run
from planc_runtime.checkpoint.schedule import check_steps
from planc_runtime.checkpoint.stopping import Stopping
from planc_runtime.checkpoint.writer import Writer
from planc_runtime.errors import RequeueError, UserError
from planc_runtime.observers import Observers
from planc_runtime.output import sentence, warn


class PlanTrainer(SFTTrainer):
    """
    Saves at the trainer's own options and goes on from `run.checkpoint`.

    Args:
        run: what `open_run` returned.
        args: the trainer's options.
        **kwargs: TRL's own arguments.
    """

    def __init__(self, *, run: Run, args: Any, **kwargs: Any) -> None:
        # The trainer refuses, when it is built, to save the optimizer of a sharded model: it does not know how.
        strategy = args.save_strategy
        if not args.save_only_model:
            args.save_strategy = SaveStrategy.NO
        super().__init__(args=args, **kwargs)
        args.save_strategy = strategy
        self.run = run
        self.writer = Writer(run.output, keep=lambda: self.args.save_total_limit)
        self.staging = state.Staging()
        self.stopping = Stopping()
        self.stopped_by = 0
        self.saved_step: int | None = None
        self.is_order_replaced = False
        # This rank's own file of the checkpoint, until it is restored, and the generators as the epoch began.
        self.resumed: dict[str, Any] | None = None
        self.epoch_random: dict[str, Any] = {}
        self.add_callback(RunCallback(self))
        self.observers = Observers([])
        self.is_card_missed = False

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """
        Train, from the checkpoint on if the run has one. Returns when the last save is complete. Call `save_model` next, and
        then `report`: who only watches the run has to wait for that.

        Raises:
            RequeueError: the run was told to stop, and has saved.
            UserError: the checkpoint is of another run, or the run was told to stop and could not save.
        """
        self.identity = identify(self)
        if self.run.checkpoint is not None:
            self._check_checkpoint()
            self.resumed = restore.read_own(self.run)
            kwargs["resume_from_checkpoint"] = str(self.run.checkpoint)
        self.observers = Observers(self.callback_handler.callbacks)
        with self.stopping:
            result = super().train(*args, **kwargs)
            failure = self.writer.wait()
        if self.stopped_by:
            self.report()
            step, name = self.state.global_step, folder.complete_name(self.state.global_step)
            if failure is not None:
                raise UserError(f"told to stop after step {step}, but {name} was not saved: {failure}")
            raise RequeueError(f"told to stop after step {step}; {self.run.output / name} is complete")
        return result

    def report(self) -> None:
        """Let whoever watched the run finish: `measured.json`, the services of `report_to`. Every rank calls this."""
        self.observers.finish()

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """
        Save in Hub format, as the trainer does. Every rank calls this.

        Raises:
            UserError: on every rank, when it could not be written.
        """
        place = Path(output_dir or self.args.output_dir)
        if not hasattr(self.model, "gather_sharded_state_dict_for_save"):
            self.write_model(place)
        else:
            final.save(self, place, is_last=output_dir is None and not _internal_call)
        if self.args.push_to_hub and not _internal_call:
            try:
                self.push_to_hub(commit_message="Model save", revision=self.args.hub_revision)
            except Exception as error:
                warn(f"the model in {place} was not pushed to the Hub: {sentence(error)}")

    def write_model(self, place: Path) -> None:
        """The trainer's own way to save."""
        super().save_model(str(place), _internal_call=True)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """TRL's, a description that no run ends for."""
        try:
            super().create_model_card(*args, **kwargs)
        except Exception as error:
            if not self.is_card_missed:
                warn(f"no model card was written: {sentence(error)}")
            self.is_card_missed = True

    def _check_checkpoint(self) -> None:
        """Raise `UserError` if the checkpoint is of another run. Everything but its tensors is looked at."""
        manifest = self.run.manifest
        check_same("model", manifest["model"], self.identity["model"])
        # The same rows may have moved.
        if any(manifest["data"][key] != self.identity["data"][key] for key in ("rows", "digest")):
            check_same("dataset", manifest["data"], self.identity["data"])
        saved = Order(**manifest["order"])
        max_steps = self.args.max_steps
        if max_steps <= 0:
            max_steps = math.ceil(self.args.num_train_epochs * saved.steps_per_epoch)
        check_steps(manifest, self.args, max_steps)
        self.is_order_replaced = check_epochs(saved, self.order(), step=manifest["step"], max_steps=max_steps)

    # The order of the data.

    def order(self) -> Order:
        """How this run takes its data."""
        own = order_of(
            num_rows=len(self.train_dataset),
            ranks=self.run.num_data_ranks,
            accumulation=self.args.gradient_accumulation_steps,
            batch_size=self._train_batch_size,
            drop_last=self.args.dataloader_drop_last,
        )
        if not self.is_order_replaced:
            return own
        saved = Order(**self.run.manifest["order"])
        return dataclasses.replace(own, micro_batches=saved.micro_batches, is_last_short=saved.is_last_short)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        own = super()._get_train_sampler(train_dataset)
        if not self.is_order_replaced:
            return own
        dataset = self.train_dataset if train_dataset is None else train_dataset
        if self.args.train_sampling_strategy == "random":  # as accelerate makes it of the trainer's
            own = SeedableRandomSampler(dataset, data_seed=self.args.data_seed)
        order = self.order()
        return SameOrder(own, len(dataset) if order.is_last_short else order.micro_batches * order.batch_size)

    def _prepare_for_training(self, max_steps: int, train_dataloader: Any, resume_from_checkpoint: str | None) -> Any:
        model, train_dataloader = super()._prepare_for_training(max_steps, train_dataloader, resume_from_checkpoint)
        if self.run.checkpoint is not None:
            # The loader that skips the first batches of an epoch tells the trainer's own sampler alone which epoch it is.
            train_dataloader.set_epoch(self.epochs_trained)
            sampler = getattr(train_dataloader.batch_sampler, "batch_sampler", None)
            if hasattr(sampler, "set_epoch"):
                sampler.set_epoch(self.epochs_trained)
        return model, train_dataloader

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        if self.state.global_step >= self.state.max_steps:  # resumed after its last step
            self.control.should_training_stop = True
            return
        super()._run_epoch(*args, **kwargs)

    # Saving, and resuming in the order in which the trainer asks for it.

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self.args.save_only_model and not self.stopped_by:
            self._save_only_model(model, trial)
            return
        step = self.state.global_step
        if self.saved_step == step:  # at the end of an epoch or of the run, after the same step was saved
            return
        self.saved_step = step
        self.store_flos()
        losses = self.run.ranks.gather(self._tr_loss.item())
        self.writer.start(step, lambda: make_save(self, losses))

    def _save_only_model(self, model: Any, trial: Any) -> None:
        """The trainer's own checkpoint. One that fails is not the run's end."""
        error = None
        try:
            super()._save_checkpoint(model, trial)
        except Exception as problem:
            error = str(problem) if isinstance(problem, UserError) else sentence(problem)
        errors = [error for error in self.run.ranks.gather(error) if error is not None]
        if errors and self.run.ranks.rank == 0:
            name = folder.complete_name(self.state.global_step)
            shutil.rmtree(self.run.output / name, ignore_errors=True)
            warn(f"{name} was not saved: {errors[0]}; the training goes on")

    def inner_optimizer(self) -> torch.optim.Optimizer:
        """The optimizer itself, which accelerate has wrapped."""
        return getattr(self.optimizer, "optimizer", self.optimizer)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        restore.restore_model(self.run, self.model)

    def _init_training_state(self, max_steps: int, *args: Any) -> tuple[int, int]:
        self.epochs_trained, skipped = super()._init_training_state(max_steps, *args)
        # The checkpoint's state has the steps at which that run logged and saved.
        self.state.compute_steps(self.args, max_steps)
        return self.epochs_trained, skipped

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            restore.restore_optimizer(self.run, self.model, self.inner_optimizer(), self.lr_scheduler)

    def restore_log(self) -> None:
        """Called when training begins."""
        if self.resumed is not None:
            restore.restore_log(self, self.resumed)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if self.resumed is not None:
            random_state.restore(self.resumed["random"])
            self.resumed = None
