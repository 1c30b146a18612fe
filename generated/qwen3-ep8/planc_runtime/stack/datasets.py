"""Private names of datasets: the parts of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datasets import ReadInstruction

REQUIRED = {
    "datasets.arrow_reader.ReadInstruction._relative_instructions": "splits and slices of the data",
}


def parts_of_instruction(instruction: ReadInstruction) -> Sequence[Any]:
    """The parts of a split, each with `splitname`, `from_`, `to` and `unit`."""
    return instruction._relative_instructions
