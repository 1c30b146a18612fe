"""Save a model in Hub format so that a full disk does not lose it: a second folder is tried."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from planc_runtime.checkpoint import folder
from planc_runtime.checkpoint.run import Run
from planc_runtime.checkpoint.state import adapters_of
from planc_runtime.checkpoint.streaming import stream
from planc_runtime.errors import UserError
from planc_runtime.output import sentence
from planc_runtime.parts.published import Published
from planc_runtime.stack.transformers import commit_of, gather, gathered

# Where the model goes when the output folder does not take it; without it, the folder for temporary files.
SECOND_VARIABLE = "PLANC_SECOND_OUTPUT"


@dataclass(frozen=True)
class Model:
    """
    A run's model at some step.

    Attributes:
        write: writes it to a folder, as the trainer does.
        published: how a model of several parts is put together again; None of another one.
    """

    run: Run
    step: int
    model: nn.Module
    write: Callable[[Path], None]
    published: Published | None = None

    def write_to(self, output: Path, weights: dict[str, torch.Tensor]) -> None:
        """Write the model of these tensors, which all ranks have gathered."""
        if self.published is None:
            with gathered(self.model, weights):
                self.write(output)
            return
        with gathered(self.model, self.published.weights(weights), are_stored=True):
            self.write(output)
        self.published.finish(output, self.model.dtype)


def save(trained: Model, output: Path, *, is_last: bool) -> None:
    """
    Save the model to `output`; at the end of a run a second folder is tried where that fails.

    Raises:
        UserError: on every rank, when it is not in `output`: why, and where else it is or how to get it.
    """
    try:
        put(trained, output)
    except UserError as error:
        why = f"the model could not be written to {output}: {error}"
        if not is_last:
            raise UserError(why) from error
        raise UserError(f"{why}; {save_elsewhere(trained, output)}") from error


def put(trained: Model, output: Path) -> None:
    """
    Write the model, each rank what it holds of it where that can be done, else gathered by all and written by one.

    Raises:
        UserError: on every rank: why it could not be written.
    """
    attached = adapters_of(trained.model)
    if (
        attached is None
        and trained.published is None
        and stream(trained.model, trained.write, output, trained.run.ranks)
    ):
        return
    weights = gather(trained.model) if attached is None else attached.gather(trained.model)

    def write() -> None:
        try:
            if attached is None:
                trained.write_to(output, weights)
            else:
                base = trained.model.name_or_path
                attached.write(output, weights, base=base, revision=commit_of(trained.model))
        except Exception as error:
            raise UserError(sentence(error)) from error

    trained.run.ranks.from_first(write)


def save_elsewhere(trained: Model, output: Path) -> str:
    """Write the trained model to the second folder; what became of that, and what to do. Every rank calls this."""
    other = Path(os.environ.get(SECOND_VARIABLE) or tempfile.gettempdir())

    def make() -> str:
        other.mkdir(parents=True, exist_ok=True)
        return tempfile.mkdtemp(prefix=f"planc-{trained.run.name}-step-{trained.step}-", dir=other)

    try:
        other = Path(trained.run.ranks.from_first(make))
        put(trained, other)
    except UserError as error:
        return f"nor to {other}: {error}; {what_is_left(trained.run)}"
    return f"it is whole in {other}: move it before that folder is cleared; what {output} has of it is not"


def what_is_left(run: Run) -> str:
    """The checkpoint that a run can go on from, and how."""
    found = folder.checkpoints(run.output)
    if not found:
        return (
            f"there is no checkpoint: set {SECOND_VARIABLE} to a folder with room, and save_steps, before the next run"
        )
    return f"{found[-1]} is complete: make room and start with --resume, which trains what is left and saves"
