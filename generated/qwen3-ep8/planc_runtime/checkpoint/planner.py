"""What torch.distributed.checkpoint writes and reads of a state that is given as boxes of tensors."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch.distributed.checkpoint.default_planner import DefaultLoadPlanner, DefaultSavePlanner
from torch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorProperties,
)
from torch.distributed.checkpoint.planner import LoadPlan, SavePlan, TensorWriteData, WriteItem, WriteItemType
from torch.distributed.checkpoint.planner_helpers import create_read_items_for_chunk_list

from planc_runtime.checkpoint.pieces import Piece


class Held(NamedTuple):
    """A tensor of the state: its whole shape, its format, and what this rank holds of it."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    pieces: list[Piece]


# By name: "model.<name>" and "optimizer.state.<name>.<key>".
State = dict[str, Held]


def _chunk(piece: Piece) -> ChunkStorageMetadata:
    return ChunkStorageMetadata(offsets=torch.Size(piece.offsets), sizes=piece.values.size())


class PieceSavePlanner(DefaultSavePlanner):
    """Writes each box once: of ranks that hold the same one, the one that has least to write."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.held = state

    def create_local_plan(self) -> SavePlan:
        items = [
            WriteItem(
                index=MetadataIndex(name, torch.Size(piece.offsets)),
                type=WriteItemType.SHARD,
                tensor_data=TensorWriteData(
                    chunk=_chunk(piece), properties=TensorProperties(dtype=held.dtype), size=torch.Size(held.shape)
                ),
            )
            for name, held in self.held.items()
            for piece in held.pieces
        ]
        # Readers that build a nested state find the name's parts here.
        self.plan = replace(SavePlan(items), planner_data={name: tuple(name.split(".", 1)) for name in self.held})
        return self.plan

    def lookup_object(self, index: MetadataIndex) -> torch.Tensor:
        return _find(self.held, index)


class PieceLoadPlanner(DefaultLoadPlanner):
    """Reads into the boxes, whatever boxes they were written as. Shapes are the caller's to check."""

    def __init__(self, state: State) -> None:
        super().__init__(flatten_state_dict=False, flatten_sharded_tensors=False)
        self.held = state

    def set_up_planner(
        self, state_dict: dict[str, object], metadata: Metadata | None = None, is_coordinator: bool = False
    ) -> None:
        self.state_dict, self.metadata, self.is_coordinator = state_dict, metadata, is_coordinator

    def create_local_plan(self) -> LoadPlan:
        items = []
        for name, held in self.held.items():
            stored = self.metadata.state_dict_metadata[name]
            items += create_read_items_for_chunk_list(name, stored, [_chunk(piece) for piece in held.pieces])
        return LoadPlan(items)

    def lookup_tensor(self, index: MetadataIndex) -> torch.Tensor:
        return _find(self.held, index)


def _find(state: State, index: MetadataIndex) -> torch.Tensor:
    return next(piece.values for piece in state[index.fqn].pieces if piece.offsets == tuple(index.offset))
