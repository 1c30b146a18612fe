"""Read a checkpoint into a run: its tensors wherever this mesh cuts them, everything else by parameter."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint import CheckpointException, FileSystemReader

from planc_runtime.checkpoint import folder, groups, state
from planc_runtime.checkpoint.blobs import deserialized
from planc_runtime.checkpoint.planner import PieceLoadPlanner, State
from planc_runtime.checkpoint.run import Run
from planc_runtime.errors import UserError
from planc_runtime.stack.trainer import Log


def restore_model(run: Run, model: nn.Module) -> None:
    """
    Read parameters and buffers where they are.

    Raises:
        UserError: the checkpoint has other tensors, or cannot be read.
    """
    metadata = FileSystemReader(run.checkpoint).read_metadata()
    state.check_model(metadata, model)
    _read(run, state.held(state.model_tensors(model)))


def restore_optimizer(run: Run, model: nn.Module, optimizer: torch.optim.Optimizer, scheduler: Any) -> None:
    """Give an optimizer that has made no step the checkpoint's state, and the schedule its place."""
    metadata = FileSystemReader(run.checkpoint).read_metadata()
    tensors = state.make_optimizer_tensors(metadata, model)
    _read(run, state.held(tensors))
    saved = read_trainer(run)
    state.give_to_optimizer(tensors, model, optimizer, groups.group_options(saved, model, optimizer))
    groups.restore_schedule(saved, model, optimizer, scheduler)


def read_log(run: Run) -> tuple[Log, float]:
    """What the log was in the middle of, for this rank, and the loss in it that the mean at the end leaves out."""
    saved = read_trainer(run)
    losses = saved["losses"]
    average = sum(losses) / len(losses)
    # On other ranks all begin with the average, which is what the log makes of them.
    loss = losses[run.ranks.rank] if len(losses) == run.ranks.world_size else average
    # The loss that is reported at the end is of this call's own steps.
    return Log(loss, saved["last_logged"]), average


def read_trainer(run: Run) -> dict[str, Any]:
    """What rank 0 has saved of the trainer for all."""
    return deserialized(run.checkpoint / folder.TRAINER)


def read_own(run: Run) -> dict[str, Any]:
    """This rank's own file; on more ranks than before the files are used again."""
    return deserialized(run.checkpoint / folder.rank_name(run.ranks.rank % run.manifest["world_size"]))


def _read(run: Run, held: State) -> None:
    try:
        dcp.load(
            {},
            storage_reader=FileSystemReader(run.checkpoint),
            planner=PieceLoadPlanner(held),
            process_group=run.ranks.group,
            no_dist=run.ranks.group is None,
        )
    except CheckpointException as problem:
        reasons = "; ".join(f"rank {rank}: {error[0]}" for rank, error in sorted(problem.failures.items()))
        raise UserError(f"cannot read {run.checkpoint}: {reasons}") from problem
