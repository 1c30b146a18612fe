"""Read a checkpoint into a run: its tensors wherever this mesh cuts them, everything else by parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint import CheckpointException, FileSystemReader

from planc_runtime.checkpoint import folder, groups, state
from planc_runtime.checkpoint.blobs import deserialized
from planc_runtime.checkpoint.planner import PieceLoadPlanner, State
from planc_runtime.checkpoint.run import Run
from planc_runtime.errors import UserError

if TYPE_CHECKING:
    from planc_runtime.checkpoint.trainer import PlanTrainer


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


def restore_log(trainer: PlanTrainer, own: dict[str, Any]) -> None:
    """Go on with the averages that the log was in the middle of."""
    saved = read_trainer(trainer.run)
    losses, ranks = saved["losses"], trainer.run.ranks
    average = sum(losses) / len(losses)
    # On other ranks all begin with the average, which is what the log makes of them.
    trainer._tr_loss += losses[ranks.rank] if len(losses) == ranks.world_size else average
    trainer._globalstep_last_logged = saved["last_logged"]
    # The loss that is reported at the end is of this call's own steps.
    trainer._total_loss_scalar = -average
    for name, values in own["metrics"].items():
        trainer._metrics["train"][name] = list(values)
    trainer._total_train_tokens = own["num_tokens"]


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
