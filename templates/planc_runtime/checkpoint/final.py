"""Save a model in Hub format so that a full disk does not lose it: gathered by all ranks first, then written by one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from planc_runtime.checkpoint import folder
from planc_runtime.errors import UserError
from planc_runtime.output import sentence

if TYPE_CHECKING:
    from planc_runtime.checkpoint.trainer import PlanTrainer

# Where the model goes when the output folder does not take it; without it, the folder for temporary files.
SECOND_VARIABLE = "PLANC_SECOND_OUTPUT"


def gather(model: Any) -> dict[str, torch.Tensor]:
    """The model's whole tensors on rank 0, in host memory. Every rank calls this; no disk is touched."""
    distributed = getattr(model.config, "distributed_config", None)
    is_first = model.should_save_on_this_rank(True)
    return model.gather_sharded_state_dict_for_save(model, model.state_dict(), distributed, save_on_this_rank=is_first)


@contextmanager
def gathered(model: Any, weights: dict[str, torch.Tensor]) -> Iterator[None]:
    """While this is entered, `save_pretrained` writes these tensors, and rank 0 can call it alone."""
    model.gather_sharded_state_dict_for_save = lambda *_, **__: dict(weights)
    model.barrier_after_gathered_checkpoint_save = lambda *_, **__: None
    try:
        yield
    finally:
        del model.gather_sharded_state_dict_for_save
        del model.barrier_after_gathered_checkpoint_save


def save(trainer: PlanTrainer, place: Path, *, is_last: bool) -> None:
    """
    Save the model to `place`; at the end of a run a second place is tried where that fails.

    Raises:
        UserError: on every rank, when it is not in `place`: why, and where else it is or how to get it.
    """
    weights = gather(trainer.model)

    def write() -> None:
        with gathered(trainer.model, weights):
            try:
                trainer.write_model(place)
            except Exception as error:
                why = f"the model could not be written to {place}: {sentence(error)}"
                if not is_last:
                    raise UserError(why) from error
                raise UserError(f"{why}; {save_elsewhere(trainer, place)}") from error

    trainer.run.ranks.from_first(write)


def save_elsewhere(trainer: PlanTrainer, place: Path) -> str:
    """Write the trained model to the second place; what became of that, and what to do."""
    other = Path(os.environ.get(SECOND_VARIABLE) or tempfile.gettempdir())
    try:
        other.mkdir(parents=True, exist_ok=True)
        prefix = f"planc-{trainer.run.name}-step-{trainer.state.global_step}-"
        other = Path(tempfile.mkdtemp(prefix=prefix, dir=other))
        trainer.write_model(other)
    except Exception as error:
        return f"nor to {other}: {sentence(error)}; {what_is_left(trainer)}"
    return f"it is whole in {other}: move it before that folder is cleared; what {place} has of it is not"


def what_is_left(trainer: PlanTrainer) -> str:
    """The checkpoint that a run can go on from, and how."""
    found = folder.checkpoints(trainer.run.output)
    if not found:
        return (
            f"there is no checkpoint: set {SECOND_VARIABLE} to a folder with room, and save_steps, before the next run"
        )
    return f"{found[-1]} is complete: make room and start with --resume, which trains what is left and saves"
