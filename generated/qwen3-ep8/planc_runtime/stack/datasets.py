"""Private names of datasets: the parts of a split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from datasets import ReadInstruction

REQUIRED = {
    "datasets.arrow_reader.ReadInstruction._relative_instructions": "splits and slices of the data",
    "datasets.arrow_reader._RelativeInstruction.splitname": "splits and slices of the data",
    "datasets.arrow_reader._RelativeInstruction.from_": "splits and slices of the data",
    "datasets.arrow_reader._RelativeInstruction.to": "splits and slices of the data",
    "datasets.arrow_reader._RelativeInstruction.unit": "splits and slices of the data",
    "datasets.arrow_reader._AbsoluteInstruction.splitname": "slices of saved data",
    "datasets.arrow_reader._AbsoluteInstruction.from_": "slices of saved data",
    "datasets.arrow_reader._AbsoluteInstruction.to": "slices of saved data",
}


class Part(NamedTuple):
    """Rows of one split, from `begin` up to `end`; None is the split's own, and a negative one counts from its end."""

    split: str
    begin: int | None
    end: int | None
    is_percent: bool


def parts_of_instruction(instruction: ReadInstruction) -> list[Part]:
    """The parts of a split such as `train[:10%]+test`, as it is written."""
    parts = instruction._relative_instructions
    return [Part(part.splitname, part.from_, part.to, part.unit == "%") for part in parts]


def absolute_parts(instruction: ReadInstruction, lengths: Mapping[str, int]) -> list[Part]:
    """The same of splits whose lengths are known: rows counted from each split's begin."""
    return [Part(part.splitname, part.from_, part.to, False) for part in instruction.to_absolute(lengths)]
