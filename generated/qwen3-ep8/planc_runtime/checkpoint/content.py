"""What a checkpoint holds, taken from a run between two steps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from planc_runtime.checkpoint import folder, groups, random_state, state
from planc_runtime.checkpoint.blobs import serialized
from planc_runtime.checkpoint.identity import data_identity, digest_of, model_identity, run_options
from planc_runtime.checkpoint.order import Order
from planc_runtime.checkpoint.run import Run
from planc_runtime.checkpoint.writer import Save
from planc_runtime.stack.trainer import ExportableState


@dataclass(frozen=True, kw_only=True)
class Moment:
    """
    A run between two steps.

    Attributes:
        identity: what `identify` returned.
        order: how the run takes its data.
        optimizer: the optimizer itself, not what accelerate makes of it.
        scaler: of gradients in float16, None where there is none.
        progress: transformers' `TrainerState`.
        stateful: callbacks and control, some of which have a state of their own.
        epoch_random: the generators as the epoch began.
        counts: metrics and tokens that this rank has counted.
        losses: what each rank has added up since the last log.
        last_logged: step of the last log.
    """

    run: Run
    identity: dict[str, Any]
    order: Order
    model: nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: Any
    scaler: Any
    progress: Any
    stateful: Sequence[Any]
    epoch_random: dict[str, Any]
    counts: dict[str, Any]
    losses: list[float]
    last_logged: int


def identify(run: Run, *, args: Any, model: nn.Module, dataset: Any) -> dict[str, Any]:
    """What the run is. Rank 0 looks at the rows."""
    rows = run.ranks.from_first(lambda: data_identity(dataset))
    return {"options": run_options(args), "model": model_identity(model), "data": {**run.data, **rows}}


def make_save(moment: Moment, staging: state.Staging) -> Save:
    """Copy everything that the next step may change."""
    model, optimizer = moment.model, moment.optimizer
    tensors = state.model_tensors(model) | state.optimizer_tensors(model, optimizer)
    own = {"random": random_state.capture(), "epoch_random": moment.epoch_random, **moment.counts}
    shared = {}
    if moment.run.ranks.rank == 0:
        of_all = {
            **groups.capture(model, optimizer, moment.scheduler),
            "losses": moment.losses,
            "last_logged": moment.last_logged,
        }
        shared = {folder.TRAINER: serialized(of_all), folder.TRAINER_STATE: _state_json(moment)}
        if moment.scaler is not None:
            shared["scaler.pt"] = serialized(moment.scaler.state_dict())
    return Save(staging.copy(tensors), serialized(own), shared, _manifest(moment))


def _manifest(moment: Moment) -> dict[str, Any]:
    run = moment.run
    return {
        "version": folder.VERSION,
        "name": run.name,
        "step": moment.progress.global_step,
        "max_steps": moment.progress.max_steps,
        "world_size": run.ranks.world_size,
        "mesh": run.mesh,
        "plan": digest_of(moment.identity["options"]),
        "order": moment.order.to_json(),
        **moment.identity,
    }


def _state_json(moment: Moment) -> bytes:
    """trainer_state.json as the trainer writes it."""
    moment.progress.stateful_callbacks = {
        type(part).__name__: part.state() for part in moment.stateful if isinstance(part, ExportableState)
    }
    return (json.dumps(dataclasses.asdict(moment.progress), indent=2, sort_keys=True) + "\n").encode()
