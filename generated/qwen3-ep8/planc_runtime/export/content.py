"""What an export reads: the names and numbers of a model in memory, wherever they lie."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from planc_runtime.export.run import RunCheckpoint, check_model
from planc_runtime.export.source import METADATA, Source
from planc_runtime.export.table import Box, Table


@dataclass(frozen=True)
class Content(ABC):
    """
    The model to store.

    Attributes:
        reads: the folders that are read, so that nothing is written there.
        folders: where its tokenizer and its config.json may lie, first of all.
        config: as transformers had it in memory; empty where that is not known.
        label: what it is called in a line of output.
        identity: what of it decides the bytes to write.
        about: what the manifest says of it besides.
    """

    reads: tuple[Path, ...]
    folders: tuple[Path, ...]
    config: dict[str, Any]
    label: str
    identity: dict[str, Any]
    about: dict[str, Any]

    @abstractmethod
    def blocks(self, box: Box, dtype: torch.dtype) -> Iterator[torch.Tensor]:
        """The numbers of a box in their order, as flat tensors of a few MiB."""


@dataclass(frozen=True)
class TrainedRun(Content):
    """A checkpoint of a run that trains the whole model."""

    source: Source

    @classmethod
    def read(cls, run: RunCheckpoint, lock: dict[str, Any], table: Table) -> TrainedRun:
        """
        Compare names and shapes with those of the plan's model.

        Raises:
            UserError: it is of another model, or not complete.
        """
        check_model(run, lock)
        source = Source(run.folder)
        source.check(table.parameters, table.tied)
        return cls(
            reads=(run.folder,),
            folders=(run.folder, run.output),
            config=run.config,
            label=run.folder.name,
            identity={
                "step": run.step,
                "planc.json": run.digest,
                METADATA: hashlib.sha256((run.folder / METADATA).read_bytes()).hexdigest(),
            },
            about={key: run.about.get(key) for key in ("world_size", "mesh", "plan")},
            source=source,
        )

    def blocks(self, box: Box, dtype: torch.dtype) -> Iterator[torch.Tensor]:
        """As `Content` has it."""
        return (block.to(dtype) for block in self.source.blocks(box))
