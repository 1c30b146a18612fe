"""TRL's trainers with checkpoints of a sharded model: how a trainer saves and resumes is overridden, not what it computes."""

from __future__ import annotations

import dataclasses
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planc_runtime.checkpoint import final, folder, random_state, restore, state
from planc_runtime.checkpoint.callback import Hooks, RunCallback
from planc_runtime.checkpoint.content import Moment, identify, make_save
from planc_runtime.checkpoint.identity import check_same
from planc_runtime.checkpoint.order import Order, SameOrder, check_epochs, order_of
from planc_runtime.checkpoint.ranks import is_loss
from planc_runtime.checkpoint.run import Run
from planc_runtime.checkpoint.schedule import check_steps
from planc_runtime.checkpoint.stopping import Stopping
from planc_runtime.checkpoint.writer import Writer
from planc_runtime.collector import Collector
from planc_runtime.errors import REQUEUE, LostRanksError, RequeueError, UserError, foretell
from planc_runtime.observers import Observers
from planc_runtime.output import sentence, warn
from planc_runtime.parts.published import Published
from planc_runtime.stack.accelerate import SeedableRandomSampler, set_epoch
from planc_runtime.stack.trainer import SaveStrategy
from planc_runtime.stack.transformers import can_gather
from planc_runtime.stack.trl import CountingTrainer, SFTTrainer


class RunTrainer(CountingTrainer):
    """
    Saves at the trainer's own options and goes on from `run.checkpoint`: `class Own(RunTrainer, SFTTrainer)`.

    Args:
        run: what `open_run` returned.
        args: the trainer's options.
        published: how a model of several parts is saved; None of another one.
        **kwargs: TRL's own arguments.
    """

    def __init__(self, *, run: Run, args: Any, published: Published | None = None, **kwargs: Any) -> None:
        # The trainer refuses, when it is built, to save the optimizer of a sharded model: it does not know how.
        strategy = args.save_strategy
        if not args.save_only_model:
            args.save_strategy = SaveStrategy.NO
        super().__init__(args=args, **kwargs)
        args.save_strategy = strategy
        self.run = run
        self.published = published
        self.writer = Writer(run.output, keep=lambda: self.args.save_total_limit)
        self.staging = state.Staging()
        self.stopping = Stopping()
        self.stopped_by = 0
        self.saved_step: int | None = None
        self.is_order_replaced = self.is_optimizer_checked = False
        # This rank's own file of the checkpoint, until it is restored, and the generators as the epoch began.
        self.resumed: dict[str, Any] | None = None
        self.epoch_random: dict[str, Any] = {}
        hooks = Hooks(begin_training=self._begin_training, begin_epoch=self._begin_epoch, end_step=self._end_step)
        self.add_callback(RunCallback(hooks))
        self.collector = Collector()
        self.add_callback(self.collector)
        self.observers = Observers([])
        self.is_card_missed = False

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """
        Train, from the checkpoint on if the run has one. Returns when the last save is complete. Call `save_model` next, and
        then `report`: who only watches the run has to wait for that.

        Raises:
            RequeueError: the run was told to stop, and has saved, or has lost ranks before it had.
            UserError: the checkpoint is of another run, or the run was told to stop and could not save.
        """
        self.identity = identify(self.run, args=self.args, model=self.model, dataset=self.train_dataset)
        if self.run.checkpoint is not None:
            self._check_checkpoint()
            self.resumed = restore.read_own(self.run)
            kwargs["resume_from_checkpoint"] = str(self.run.checkpoint)
        self.observers = Observers(self.callback_handler.callbacks)
        with self.stopping, self.collector:
            try:
                result = super().train(*args, **kwargs)
            except RuntimeError as error:
                if self.stopped_by and is_loss(error):
                    raise LostRanksError(self._foretold()) from error
                raise
            failure = self.writer.wait()
        if self.stopped_by:
            if self.writer.has_lost_ranks:
                raise LostRanksError(self._foretold())
            self.report()
            step, name = self.state.global_step, folder.complete_name(self.state.global_step)
            if failure is not None:
                raise UserError(f"told to stop after step {step}, but {name} was not saved: {failure}")
            raise RequeueError(f"told to stop after step {step}; {self.run.output / name} is complete")
        return result

    def report(self) -> None:
        """Let whoever watched the run finish: `measured.json`, the services of `report_to`. Every rank calls this."""
        self.observers.finish()

    def save_to(self, output: Path, *, is_last: bool, is_pushed: bool) -> None:
        """
        Save in Hub format, as the trainer does. Every rank calls this.

        Raises:
            UserError: on every rank, when it could not be written.
        """
        if can_gather(self.model):
            trained = final.Model(self.run, self.state.global_step, self.model, self.write_model, self.published)
            final.save(trained, output, is_last=is_last)
        else:
            self.write_model(output)
        if self.args.push_to_hub and is_pushed:
            try:
                self.push_to_hub(commit_message="Model save", revision=self.args.hub_revision)
            except Exception as error:
                warn(f"the model in {output} was not pushed to the Hub: {sentence(error)}")

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

    # Between the steps.

    def _begin_training(self) -> None:
        """Go on with the averages that the log was in the middle of."""
        if self.resumed is not None:
            log, average = restore.read_log(self.run)
            self.continue_log(log, reported=average)
            self.continue_counts(self.resumed)

    def _begin_epoch(self) -> None:
        """Samplers may draw the epoch's order from the generators, so a resumed epoch begins with theirs."""
        if self.resumed is not None:
            random_state.restore(self.resumed["epoch_random"])
        self.epoch_random = random_state.capture()

    def _end_step(self) -> bool:
        if not self.is_optimizer_checked:
            self.is_optimizer_checked = True
            if self.args.save_strategy != SaveStrategy.NO and not self.args.save_only_model:
                # An optimizer that cannot be saved is refused after one step, not after many.
                state.optimizer_tensors(self.model, self.inner_optimizer())
        # A signal may reach one rank alone, and all have to stop after the same step.
        self.stopped_by = self.run.ranks.any(self.stopping.signal)
        if self.stopped_by:
            foretell(REQUEUE, self._foretold())
        return bool(self.stopped_by)

    def _foretold(self) -> str:
        name = folder.complete_name(self.state.global_step)
        return (
            f"told to stop, but ranks were gone before {name} was complete: the run goes on from the checkpoint before"
        )

    # The order of the data.

    def order(self) -> Order:
        """How this run takes its data."""
        own = order_of(
            num_rows=len(self.train_dataset),
            ranks=self.run.num_data_ranks,
            accumulation=self.args.gradient_accumulation_steps,
            batch_size=self.micro_batch_size,
            drop_last=self.args.dataloader_drop_last,
        )
        if not self.is_order_replaced:
            return own
        saved = Order(**self.run.manifest["order"])
        return dataclasses.replace(own, micro_batches=saved.micro_batches, is_last_short=saved.is_last_short)

    def choose_sampler(self, own: Any, dataset: Any) -> Any:
        if not self.is_order_replaced:
            return own
        if self.args.train_sampling_strategy == "random":  # as accelerate makes it of the trainer's
            own = SeedableRandomSampler(dataset, data_seed=self.args.data_seed)
        order = self.order()
        return SameOrder(own, len(dataset) if order.is_last_short else order.micro_batches * order.batch_size)

    def continue_epochs(self, dataloader: Any) -> None:
        if self.run.checkpoint is not None:
            set_epoch(dataloader, self.epochs_trained)

    def is_over(self) -> bool:
        return self.state.global_step >= self.state.max_steps  # resumed after its last step

    # Saving, and resuming in the order in which the trainer asks for it.

    def save_checkpoint(self, save_model_only: Callable[[], None]) -> None:
        if self.args.save_only_model and not self.stopped_by:
            self._save_model_only(save_model_only)
            return
        step = self.state.global_step
        if self.saved_step == step:  # at the end of an epoch or of the run, after the same step was saved
            return
        self.saved_step = step
        self.store_flos()
        losses = self.run.ranks.gather(self.log_sums().loss)
        self.writer.start(step, lambda: make_save(self._moment(losses), self.staging))

    def _save_model_only(self, save: Callable[[], None]) -> None:
        """The trainer's own checkpoint. One that fails is not the run's end."""
        error = None
        try:
            save()
        except Exception as problem:
            error = str(problem) if isinstance(problem, UserError) else sentence(problem)
        errors = [error for error in self.run.ranks.gather(error) if error is not None]
        if errors and self.run.ranks.rank == 0:
            name = folder.complete_name(self.state.global_step)
            shutil.rmtree(self.run.output / name, ignore_errors=True)
            warn(f"{name} was not saved: {errors[0]}; the training goes on")

    def _moment(self, losses: list[float]) -> Moment:
        return Moment(
            run=self.run,
            identity=self.identity,
            order=self.order(),
            model=self.model,
            optimizer=self.inner_optimizer(),
            scheduler=self.lr_scheduler,
            scaler=self.accelerator.scaler,
            progress=self.state,
            stateful=[*self.callback_handler.callbacks, self.control],
            epoch_random=self.epoch_random,
            counts=self.counts(),
            losses=losses,
            last_logged=self.log_sums().last_logged,
        )

    def load_model(self) -> None:
        restore.restore_model(self.run, self.model)

    def load_optimizer(self) -> None:
        restore.restore_optimizer(self.run, self.model, self.inner_optimizer(), self.lr_scheduler)

    def load_random_state(self) -> None:
        if self.resumed is not None:
            random_state.restore(self.resumed["random"])
            self.resumed = None


class PlanTrainer(RunTrainer, SFTTrainer):
    """Supervised fine-tuning."""
