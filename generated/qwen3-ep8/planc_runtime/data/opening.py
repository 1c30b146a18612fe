"""Open what a run trains on before its model is loaded, so that a mistake costs seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow.compute
from datasets import Dataset

from planc_runtime.data.loading import load_data
from planc_runtime.data.row_options import OPTIONS, RowOptions
from planc_runtime.data.rows import Kind, kind_of, mistakes_of, oddities_of
from planc_runtime.data.source import Source
from planc_runtime.data.tokenizer import check_tokenizer, load_tokenizer
from planc_runtime.errors import UserError

if TYPE_CHECKING:
    from planc_runtime.checkpoint.ranks import Ranks

T = TypeVar("T")

# Rows that are looked at one by one, evenly spaced; of all others only whether a column is empty.
LOOKED_AT = 1000


@dataclass(frozen=True)
class Opened:
    """The rows to train on, those to evaluate on where the run evaluates, and the tokenizer."""

    tokenizer: Any
    train: Dataset
    evaluation: Dataset | None


def open_data(
    ranks: Ranks,
    options: Any,
    *,
    train: Source,
    evaluation: Source | None,
    tokenizer: str,
    revision: str | None,
    preferences: bool = False,
) -> Opened:
    """
    Load rows and tokenizer and look at them. Every rank calls this.

    Args:
        ranks: all of them.
        options: the trainer's.
        train: what to train on.
        evaluation: what to evaluate on; it is read only where the options ask for evaluations.
        tokenizer: a folder or a Hub id.
        revision: commit of a Hub id.
        preferences: rows are pairs.

    Raises:
        UserError: on every rank, what any of them found wrong.
    """
    row_options = RowOptions.of({name: getattr(options, name, None) for name in OPTIONS}, preferences=preferences)
    evaluates = is_evaluating(options)
    if evaluates and evaluation is None:
        raise UserError(
            "the options ask for evaluations, and there are no rows for them; give some with --eval-dataset"
        )

    def work() -> tuple[Opened, list[str]]:
        reader = load_tokenizer(tokenizer, revision=revision)
        found = Opened(reader, load_data(train), load_data(evaluation) if evaluation and evaluates else None)
        notes: list[str] = []
        for part, source in ((found.train, train), (found.evaluation, evaluation)):
            if part is not None and source is not None:
                kind, oddities = look(part, source, row_options)
                check_tokenizer(reader, kind, row_options)
                notes += oddities
        return found, notes

    opened, notes = on_all_ranks(ranks, work)
    parts = [part for part in (opened.train, opened.evaluation) if part is not None]
    counts = ranks.gather([len(part) for part in parts])
    other = next((rank for rank, each in enumerate(counts) if each != counts[0]), None)
    if other is not None:
        raise UserError(
            f"rank {other} found {counts[other]} rows and rank 0 {counts[0]}: the data have to be the same on each machine"
        )
    if ranks.rank == 0:
        for note in dict.fromkeys(notes):
            print(f"warning: {note}", file=sys.stderr, flush=True)
    return opened


def is_evaluating(options: Any) -> bool:
    """Whether the trainer evaluates on its way."""
    strategy = getattr(options.eval_strategy, "value", options.eval_strategy)
    return strategy != "no" or bool(options.eval_on_start)


def on_all_ranks(ranks: Ranks, work: Callable[[], T]) -> T:
    """What `work` returns here; a mistake that any rank finds is raised on every rank."""
    mistake, value = None, None
    try:
        value = work()
    except UserError as error:
        mistake = str(error)
    mistakes = ranks.gather(mistake)
    first = next((rank for rank, each in enumerate(mistakes) if each is not None), None)
    if first is not None:
        where = "" if all(each is not None for each in mistakes) else f"rank {first}: "
        raise UserError(f"{where}{mistakes[first]}")
    return value


def look(rows: Dataset, source: Source, row_options: RowOptions) -> tuple[Kind, list[str]]:
    """
    The kind of rows, and what of them is perhaps not as is meant.

    Raises:
        UserError: the trainer would stop at one of them.
    """
    where = f"{source.path} ({source.split})"
    if len(rows) == 0:
        raise UserError(f"{where} holds no rows")
    try:
        kind = kind_of(rows[0], row_options)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    notes: dict[str, None] = {}
    # A column of several types is kept as JSON: its rows have nothing in common, and each is looked at.
    is_mixed = any(type(rows.features.get(column)).__name__ == "Json" for column in kind.columns)
    for number in sample(len(rows), len(rows) if is_mixed else LOOKED_AT):
        row = rows[number]
        for mistake in mistakes_of(row, kind):
            raise UserError(f"{where}: row {number} {mistake}")
        notes.update(dict.fromkeys(f"{where}: {oddity}" for oddity in oddities_of(row, kind, row_options)))
    for column in kind.columns:
        number = first_empty(rows, column)
        if number is not None:
            raise UserError(f"{where}: row {number} has no {column}")
    return kind, list(notes)


def sample(count: int, most: int) -> Iterator[int]:
    """At most that many of `count` numbers, evenly spaced, the first and the last among them."""
    taken = min(count, most)
    for number in range(taken):
        yield number * (count - 1) // max(1, taken - 1)


def first_empty(rows: Dataset, column: str) -> int | None:
    """The first row that has nothing in a column: null, or a list of no messages or tokens."""
    begin = 0
    for batch in rows.select_columns([column]).with_format("arrow").iter(10_000):
        values = batch.column(0).combine_chunks()
        is_empty = pyarrow.compute.is_null(values)
        if pyarrow.types.is_list(values.type) or pyarrow.types.is_large_list(values.type):
            lengths = pyarrow.compute.fill_null(pyarrow.compute.list_value_length(values), 0)
            is_empty = pyarrow.compute.equal(lengths, 0)
        number = pyarrow.compute.index(is_empty, True).as_py()
        if number >= 0:
            return begin + number
        begin += len(values)
    return None
