"""What a checkpoint holds, taken from a trainer between two steps."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from transformers.trainer_callback import ExportableState

from planc_runtime.checkpoint import folder, groups, random_state, state
from planc_runtime.checkpoint.blobs import serialized
from planc_runtime.checkpoint.identity import data_identity, digest_of, model_identity, run_options
from planc_runtime.checkpoint.writer import Save

if TYPE_CHECKING:
    from planc_runtime.checkpoint.trainer import PlanTrainer


def identify(trainer: PlanTrainer) -> dict[str, Any]:
    """What the run is. Rank 0 looks at the rows."""
    rows = trainer.run.ranks.from_first(lambda: data_identity(trainer.train_dataset))
    return {
        "options": run_options(trainer.args),
        "model": model_identity(trainer.model),
        "data": {**trainer.run.data, **rows},
    }


def make_save(trainer: PlanTrainer, losses: list[float]) -> Save:
    """
    Copy everything that the next step may change.

    Args:
        losses: what each rank has added up since the last log.
    """
    optimizer = trainer.inner_optimizer()
    tensors = state.model_tensors(trainer.model) | state.optimizer_tensors(trainer.model, optimizer)
    own = {
        "random": random_state.capture(),
        "epoch_random": trainer.epoch_random,
        "metrics": {name: list(values) for name, values in trainer._metrics["train"].items()},
        "num_tokens": trainer._total_train_tokens,
    }
    shared = {}
    if trainer.run.ranks.rank == 0:
        of_all = {
            **groups.capture(trainer.model, optimizer, trainer.lr_scheduler),
            "losses": losses,
            "last_logged": trainer._globalstep_last_logged,
        }
        shared = {folder.TRAINER: serialized(of_all), folder.TRAINER_STATE: _state_json(trainer)}
        if trainer.accelerator.scaler is not None:
            shared["scaler.pt"] = serialized(trainer.accelerator.scaler.state_dict())
    return Save(trainer.staging.copy(tensors), serialized(own), shared, _manifest(trainer))


def _manifest(trainer: PlanTrainer) -> dict[str, Any]:
    run = trainer.run
    return {
        "version": folder.VERSION,
        "name": run.name,
        "step": trainer.state.global_step,
        "max_steps": trainer.state.max_steps,
        "world_size": run.ranks.world_size,
        "mesh": run.mesh,
        "plan": digest_of(trainer.identity["options"]),
        "order": trainer.order().to_json(),
        **trainer.identity,
    }


def _state_json(trainer: PlanTrainer) -> bytes:
    """trainer_state.json as the trainer writes it."""
    parts = [*trainer.callback_handler.callbacks, trainer.control]
    trainer.state.stateful_callbacks = {
        type(part).__name__: part.state() for part in parts if isinstance(part, ExportableState)
    }
    return (json.dumps(dataclasses.asdict(trainer.state), indent=2, sort_keys=True) + "\n").encode()
