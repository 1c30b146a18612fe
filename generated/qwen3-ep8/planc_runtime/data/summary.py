"""Figures of a sample of rows: how long they are, what of them is lost, and how much of them is in the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets import Dataset

from planc_runtime.data.pairs import PairPreparation
from planc_runtime.data.preparation import Preparation

# Of a row, while the trainer prepares it: its number in the sample.
NUMBER = "planc_row"

# Strategies of packing that cut a row where a sequence ends, and lose nothing.
LOSSLESS = ("wrapped", "bfd_split")


@dataclass(frozen=True)
class Summary:
    """
    What a sample becomes.

    Attributes:
        rows: of the sample.
        tokens: of its rows, before anything is cut; of a pair, those of the longer sequence.
        longest: tokens of its longest row; of a pair, the longer sequence.
        truncated: rows that are longer than `max_length` and lose their end.
        dropped: rows that the trainer leaves out, since nothing of them is left in the loss.
        empty: rows without any token in the loss before they are cut.
        sequences: what the model gets: rows, or packed sequences.
        prepared: tokens of all sequences.
        in_loss: those of them that are predicted in the loss.
        largest_token: the largest token id.
        max_length: the trainer's, None for no limit.
    """

    rows: int
    tokens: int
    longest: int
    truncated: int
    dropped: int
    empty: int
    sequences: int
    prepared: int
    in_loss: int
    largest_token: int
    max_length: int | None

    @property
    def lost(self) -> bool:
        """Whether rows are cut, dropped or without a token in the loss."""
        return self.truncated + self.dropped + self.empty > 0

    def line(self) -> str:
        """In one line."""
        share = 100 * self.in_loss / max(1, self.prepared)
        parts = [f"the first {self.rows:,} rows have {self.tokens:,} tokens, the longest {self.longest:,}"]
        if self.truncated:
            parts.append(f"{self.truncated:,} are cut at max_length {self.max_length:,}")
        if self.empty:
            parts.append(f"{self.empty:,} have no token in the loss")
        if self.dropped:
            parts.append(f"{self.dropped:,} are dropped")
        parts.append(f"{share:.0f}% of {self.prepared:,} in {self.sequences:,} sequences is in the loss")
        return "; ".join(parts)


def summarize(
    rows: Sequence[Mapping[str, Any]],
    tokenizer: Any,
    options: Mapping[str, Any],
    *,
    preferences: bool = False,
    is_evaluation: bool = False,
) -> tuple[Summary, Preparation]:
    """
    Let the trainer prepare the rows twice: each by itself and whole, and as the run will have them.

    Raises:
        UserError: the trainer cannot.
    """
    dataset = Dataset.from_list([dict(row) for row in rows])
    kind = PairPreparation if preferences else Preparation
    whole = kind(dataset, tokenizer, {**options, **WHOLE}, is_evaluation=is_evaluation)
    numbered = dataset.add_column(NUMBER, range(len(dataset)))
    prepared = kind(numbered, tokenizer, options, is_evaluation=is_evaluation)
    lengths = whole.lengths()
    sequences = list(prepared.sequences())
    limit = options.get("max_length", 1024)
    packing = options.get("packing") is True
    if is_evaluation and options.get("eval_packing") is not None:
        packing = options["eval_packing"] is True
    cuts = limit is not None and not (packing and options.get("packing_strategy") in LOSSLESS)
    summary = Summary(
        rows=len(dataset),
        tokens=sum(lengths),
        longest=max(lengths, default=0),
        truncated=sum(length > limit for length in lengths) if cuts else 0,
        dropped=0 if packing else len(dataset) - len(sequences) // kind.sequences_per_row,
        empty=whole.empty(),
        sequences=len(sequences),
        prepared=sum(len(each.ids) for each in sequences),
        in_loss=sum(sum(each.in_loss()) for each in sequences),
        largest_token=max((max(each.ids, default=0) for each in whole.sequences()), default=0),
        max_length=limit,
    )
    return summary, prepared


# Nothing is cut or packed, and each row is a sequence of its own.
WHOLE = {
    "max_length": None,
    "packing": False,
    "eval_packing": None,
    "padding_free": False,
    "pad_to_multiple_of": None,
}
