"""TRL's trainer with checkpoints of a sharded model: it overrides what the trainer saves and loads, and nothing that it computes."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from accelerate.data_loader import SeedableRandomSampler
from torch.distributed.checkpoint import CheckpointException, FileSystemReader
from transformers.trainer_callback import ExportableState
from transformers.trainer_utils import SaveStrategy
from trl import SFTTrainer

from planc_runtime.checkpoint import folder, groups, random_state, state
from planc_runtime.checkpoint.blobs import deserialized, serialized
from planc_runtime.checkpoint.callback import RunCallback
from planc_runtime.checkpoint.identity import check_same, data_identity, digest_of, model_identity, run_options
from planc_runtime.checkpoint.order import Order, SameOrder, check_epochs, order_of
from planc_runtime.checkpoint.planner import PieceLoadPlanner, State
from planc_runtime.checkpoint.run import Run
from planc_runtime.checkpoint.schedule import check_steps
from planc_runtime.checkpoint.stopping import Stopping
from planc_runtime.checkpoint.writer import Save, Writer
from planc_runtime.errors import Requeue, UserError


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

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """
        Train, from the checkpoint on if the run has one. Returns when the last save is complete.

        Raises:
            Requeue: the run was told to stop, and has saved.
            UserError: the checkpoint is of another run, or the run was told to stop and could not save.
        """
        self.identity = self._identify()
        if self.run.checkpoint is not None:
            self._check_checkpoint()
            self.resumed = self._read_own()
            kwargs["resume_from_checkpoint"] = str(self.run.checkpoint)
        with self.stopping:
            result = super().train(*args, **kwargs)
            failure = self.writer.wait()
        if self.stopped_by:
            name = folder.complete_name(self.state.global_step)
            if failure is not None:
                raise UserError(f"told to stop after step {self.state.global_step}, but {name} was not saved: {failure}")
            raise Requeue(f"told to stop after step {self.state.global_step}; {self.run.output / name} is complete")
        return result

    # What the run is.

    def _identify(self) -> dict[str, Any]:
        rows = self.run.ranks.from_first(lambda: data_identity(self.train_dataset))
        return {
            "options": run_options(self.args),
            "model": model_identity(self.model),
            "data": {**self.run.data, **rows},
        }

    def _check_checkpoint(self) -> None:
        """Raise `UserError` if the checkpoint is of another run. Everything but its tensors is looked at."""
        manifest = self.run.manifest
        check_same("model", manifest["model"], self.identity["model"])
        contents = ("rows", "digest")  # the same rows may have moved
        if any(manifest["data"][key] != self.identity["data"][key] for key in contents):
            check_same("dataset", manifest["data"], self.identity["data"])
        saved = Order(**manifest["order"])
        max_steps = self.args.max_steps
        if max_steps <= 0:
            max_steps = math.ceil(self.args.num_train_epochs * saved.steps_per_epoch)
        check_steps(manifest, self.args, max_steps)
        self.is_order_replaced = check_epochs(saved, self._order(), step=manifest["step"], max_steps=max_steps)

    def _order(self) -> Order:
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
        if not self.is_order_replaced:
            return super()._get_train_sampler(train_dataset)
        dataset = self.train_dataset if train_dataset is None else train_dataset
        own = super()._get_train_sampler(dataset)
        if self.args.train_sampling_strategy == "random":  # as accelerate makes it of the trainer's
            own = SeedableRandomSampler(dataset, data_seed=self.args.data_seed)
        order = self._order()
        num_rows = len(dataset) if order.is_last_short else order.micro_batches * order.batch_size
        return SameOrder(own, num_rows)

    # Saving.

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self.args.save_only_model and not self.stopped_by:
            super()._save_checkpoint(model, trial)
            return
        step = self.state.global_step
        if self.saved_step == step:  # at the end of an epoch or of the run, after the same step was saved
            return
        self.saved_step = step
        self.store_flos()
        losses = self.run.ranks.gather(self._tr_loss.item())
        self.writer.start(step, lambda: self._make_save(losses))

    def _make_save(self, losses: list[float]) -> Save:
        optimizer = self.inner_optimizer()
        tensors = state.model_tensors(self.model) | state.optimizer_tensors(self.model, optimizer)
        own = {
            "random": random_state.capture(),
            "epoch_random": self.epoch_random,
            "metrics": {name: list(values) for name, values in self._metrics["train"].items()},
            "num_tokens": self._total_train_tokens,
        }
        shared = {}
        if self.run.ranks.rank == 0:
            trainer = {
                **groups.capture(self.model, optimizer, self.lr_scheduler),
                "losses": losses,
                "last_logged": self._globalstep_last_logged,
            }
            shared = {folder.TRAINER: serialized(trainer), folder.TRAINER_STATE: self._state_json()}
            if self.accelerator.scaler is not None:
                shared["scaler.pt"] = serialized(self.accelerator.scaler.state_dict())
        manifest = {
            "version": folder.VERSION,
            "name": self.run.name,
            "step": self.state.global_step,
            "max_steps": self.state.max_steps,
            "world_size": self.run.ranks.world_size,
            "mesh": self.run.mesh,
            "plan": digest_of(self.identity["options"]),
            "order": self._order().to_json(),
            **self.identity,
        }
        return Save(self.staging.copy(tensors), serialized(own), shared, manifest)

    def _state_json(self) -> bytes:
        """trainer_state.json as the trainer writes it."""
        exported = [each for each in [*self.callback_handler.callbacks, self.control] if isinstance(each, ExportableState)]
        self.state.stateful_callbacks = {type(each).__name__: each.state() for each in exported}
        return (json.dumps(dataclasses.asdict(self.state), indent=2, sort_keys=True) + "\n").encode()

    # Resuming, in the order in which the trainer asks for it.

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        metadata = FileSystemReader(resume_from_checkpoint).read_metadata()
        state.check_model(metadata, self.model)
        self._read(state.held(state.model_tensors(self.model)))

    def _init_training_state(self, max_steps: int, *args: Any) -> tuple[int, int]:
        self.epochs_trained, skipped = super()._init_training_state(max_steps, *args)
        # The checkpoint's state has the steps at which that run logged and saved.
        self.state.compute_steps(self.args, max_steps)
        return self.epochs_trained, skipped

    def _prepare_for_training(self, max_steps: int, train_dataloader: Any, resume_from_checkpoint: str | None) -> Any:
        model, train_dataloader = super()._prepare_for_training(max_steps, train_dataloader, resume_from_checkpoint)
        if self.run.checkpoint is not None:
            # The loader that skips the first batches of the epoch does not tell the sampler which epoch it is.
            train_dataloader.set_epoch(self.epochs_trained)
            sampler = getattr(train_dataloader.batch_sampler, "batch_sampler", None)
            if hasattr(sampler, "set_epoch"):
                sampler.set_epoch(self.epochs_trained)
        return model, train_dataloader

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        metadata = FileSystemReader(checkpoint).read_metadata()
        tensors = state.make_optimizer_tensors(metadata, self.model)
        self._read(state.held(tensors))
        optimizer = self.inner_optimizer()
        saved = self._read_trainer()
        options = groups.group_options(saved, self.model, optimizer)
        state.give_to_optimizer(tensors, self.model, optimizer, options)
        groups.restore_schedule(saved, self.model, optimizer, self.lr_scheduler)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if self.resumed is not None:
            random_state.restore(self.resumed["random"])
            self.resumed = None

    def restore_log(self) -> None:
        """Go on with the averages that the log was in the middle of. Called when training begins."""
        if self.resumed is None:
            return
        saved = self._read_trainer()
        losses = saved["losses"]
        average = sum(losses) / len(losses)
        same_ranks = len(losses) == self.run.ranks.world_size
        self._tr_loss += losses[self.run.ranks.rank] if same_ranks else average
        self._globalstep_last_logged = saved["last_logged"]
        # The loss that is reported at the end is of this call's own steps.
        self._total_loss_scalar = -average
        for name, values in self.resumed["metrics"].items():
            self._metrics["train"][name] = list(values)
        self._total_train_tokens = self.resumed["num_tokens"]

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        if self.state.global_step >= self.state.max_steps:  # resumed after its last step
            self.control.should_training_stop = True
            return
        super()._run_epoch(*args, **kwargs)

    # Files.

    def inner_optimizer(self) -> torch.optim.Optimizer:
        return getattr(self.optimizer, "optimizer", self.optimizer)

    def _read(self, held: State) -> None:
        try:
            dcp.load(
                {},
                storage_reader=FileSystemReader(self.run.checkpoint),
                planner=PieceLoadPlanner(held),
                process_group=self.run.ranks.group,
                no_dist=self.run.ranks.group is None,
            )
        except CheckpointException as problem:
            reasons = "; ".join(f"rank {rank}: {error[0]}" for rank, error in sorted(problem.failures.items()))
            raise UserError(f"cannot read {self.run.checkpoint}: {reasons}") from problem

    def _read_trainer(self) -> dict[str, Any]:
        return deserialized(self.run.checkpoint / folder.TRAINER)

    def _read_own(self) -> dict[str, Any]:
        """This rank's own file; on more ranks than before the files are used again."""
        rank = self.run.ranks.rank % self.run.manifest["world_size"]
        return deserialized(self.run.checkpoint / folder.rank_name(rank))
