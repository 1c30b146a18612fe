"""Which micro-batches make a step, and how another number of ranks takes the same ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sized
from dataclasses import asdict, dataclass
from typing import Any

from torch.utils.data import Sampler

from planc_runtime.errors import UserError


@dataclass(frozen=True)
class Order:
    """
    How a run takes its data.

    A step takes `ranks` x `accumulation` micro-batches of `batch_size` rows from a sequence that all ranks share: micro-batch
    number n goes to rank n modulo `ranks`. An epoch has `micro_batches` of them; the last ones begin again
    with the first rows, so that every rank has as many.
    """

    ranks: int
    accumulation: int
    batch_size: int
    micro_batches: int
    is_last_short: bool

    @property
    def per_step(self) -> int:
        return self.ranks * self.accumulation

    @property
    def steps_per_epoch(self) -> int:
        return max(1, math.ceil(self.micro_batches / self.per_step))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def order_of(*, num_rows: int, ranks: int, accumulation: int, batch_size: int, drop_last: bool) -> Order:
    """The trainer's own order of `num_rows` rows."""
    if drop_last:
        micro_batches = num_rows // batch_size // ranks * ranks
    else:
        micro_batches = math.ceil(math.ceil(num_rows / batch_size) / ranks) * ranks
    # Rows are repeated to fill a micro-batch only where several ranks share them.
    is_last_short = not drop_last and ranks == 1 and num_rows % batch_size != 0
    return Order(ranks, accumulation, batch_size, micro_batches, is_last_short)


def accumulation_for(per_step: int, ranks: int) -> int:
    """
    Micro-batches that each of `ranks` ranks takes a step.

    Raises:
        UserError: they cannot share a step's micro-batches evenly.
    """
    if per_step % ranks != 0:
        raise UserError(
            f"a step of the checkpoint's run takes {per_step} micro-batches, which {ranks} ranks cannot share evenly: resume"
            f" on a number of data-parallel ranks that divides {per_step}"
        )
    return per_step // ranks


def check_epochs(saved: Order, own: Order, *, step: int, max_steps: int) -> bool:
    """
    Whether `own`, the trainer's order on this mesh, has to be replaced by `saved` for the steps after `step`.

    Raises:
        UserError: the last step of an epoch cannot be made of the same micro-batches.
    """
    if (saved.micro_batches, saved.is_last_short) == (own.micro_batches, own.is_last_short):
        return False
    end_of_epoch = (step // saved.steps_per_epoch + 1) * saved.steps_per_epoch
    if max_steps < end_of_epoch and step < min(saved.steps_per_epoch, own.steps_per_epoch):
        return False
    if saved.micro_batches % own.ranks == 0 and not (saved.is_last_short and own.ranks > 1):
        return True
    raise UserError(
        f"an epoch of the checkpoint's run has {saved.micro_batches} micro-batches"
        f"{', the last one shorter' if saved.is_last_short else ''}, which {own.ranks} ranks cannot share evenly, and"
        f" step {end_of_epoch} takes its last ones: resume on a number of data-parallel ranks that divides"
        f" {1 if saved.is_last_short else saved.micro_batches}"
    )


class SameOrder(Sampler[int]):
    """The rows of each epoch as another number of ranks took them: `base`'s, begun again until there are `num_rows`."""

    def __init__(self, base: Sampler[int] | Sized, num_rows: int) -> None:
        self.base = base
        self.num_rows = num_rows

    def __len__(self) -> int:
        return self.num_rows

    def __iter__(self) -> Iterator[int]:
        return itertools.islice(itertools.cycle(list(self.base)), self.num_rows)

    def set_epoch(self, epoch: int) -> None:
        if hasattr(self.base, "set_epoch"):
            self.base.set_epoch(epoch)
