"""Base and adapter as one model, a few MiB at a time: what the export reads of a plan with lora."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from planc_runtime.errors import UserError
from planc_runtime.export.chunks import BLOCK_BYTES
from planc_runtime.export.content import Content
from planc_runtime.export.table import Box
from planc_runtime.merge.adapter import Adapter, Pair
from planc_runtime.merge.weights import Weights


@dataclass(frozen=True)
class Merged(Content):
    """The model that an export stores."""

    adapter: Adapter
    weights: Weights

    @classmethod
    def read(cls, folder: Path, base: Path, lock: dict[str, Any]) -> Merged:
        """
        Look at both.

        Args:
            folder: the adapter's.
            base: the checkpoint that it was trained on.

        Raises:
            UserError: one of them is damaged, or not the plan's.
        """
        adapter = Adapter.read(folder, lock)
        weights = Weights(base, lock)
        if adapter.fingerprint not in (None, weights.fingerprint()):
            raise UserError(
                f"the adapter in {folder} was trained on {adapter.base}, which {base} is not: its matrices begin with other"
                " numbers; name the folder of that model with --source"
            )
        return cls(
            reads=(folder, base),
            folders=(folder,),
            config={},
            label=f"{folder.name} on {base.name}",
            identity={"adapter": adapter.digests, "base": weights.headers},
            about={"pairs": len(adapter.pairs)},
            adapter=adapter,
            weights=weights,
        )

    def blocks(self, box: Box, dtype: torch.dtype) -> Iterator[torch.Tensor]:
        """
        The numbers of a box in their order, as flat tensors of a few MiB.

        The base is cast to `dtype` first, as it is when PEFT loads it; the delta is a product in float32.
        """
        pair = self.adapter.pairs.get(box.parameter)
        expert, dim = (box.begin[0], 1) if box.parameter in self.weights.stacked else (0, 0)
        begin, rows = (box.begin[dim], box.size[dim]) if box.size else (0, 1)
        width = box.size[dim + 1 :]
        step = max(1, BLOCK_BYTES // (4 * max(1, prod(width))))
        for first in range(begin, begin + rows, step):
            last = min(first + step, begin + rows)
            block = self.weights.rows(box.parameter, expert, first, last, width).to(dtype)
            if pair is not None:
                delta = _delta(pair, *self.adapter.factors(box.parameter), expert=expert, rows=slice(first, last))
                # PEFT rounds the delta of stacked experts before it adds it, and that of a matrix with the sum.
                block += delta if pair.experts is None else delta.to(dtype)
            yield block.reshape(-1)


def _delta(pair: Pair, first: torch.Tensor, second: torch.Tensor, *, expert: int, rows: slice) -> torch.Tensor:
    """What is added to some rows of an expert's matrix, or of a linear layer's, in float32."""
    a_RM, b_NR = (first, second) if pair.experts is None else (first[expert], second[expert])
    product = a_RM[:, rows].t() @ b_NR.t() if pair.transposed else b_NR[rows] @ a_RM
    return product * pair.scaling
