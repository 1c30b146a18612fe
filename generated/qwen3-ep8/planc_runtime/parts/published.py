"""A model of several parts, put together again: what was trained under its published names, the rest from the base."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch

from planc_runtime.errors import UserError
from planc_runtime.export.companions import folder_of_checkpoint, processor_files
from planc_runtime.export.config import CONFIG, config_text
from planc_runtime.export.slots import copy_file
from planc_runtime.export.table import FORMATS, Piece, Stored, Table
from planc_runtime.parts.base import Base, read_bytes
from planc_runtime.writing import put_text

TORCH = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


class Published:
    """
    How the trained model is saved: as its base is published, whatever transformers itself would write.

    Its own way back from names in memory to stored ones is not the inverse of loading for every family, and towers that
    it has loaded on a mesh are not always as they were.
    """

    def __init__(self, base: Base, lock: Mapping[str, Any]) -> None:
        odd = next((each for each in base.carried if each.code not in TORCH), None)
        if odd is not None:
            raise UserError(f"{base.folder} holds {odd.name} as {odd.code}, which torch does not have")
        self.base = base
        self.lock = dict(lock)
        self.layout = lock["export"]["layout"]
        self.table = Table(self.lock, layout=self.layout, dtype=next(iter(FORMATS)))

    @classmethod
    def of(cls, checkpoint: str, revision: str | None, lock_file: Path) -> Published:
        """
        That of the checkpoint that a run trains.

        Args:
            lock_file: the bundle's plan.lock.json.

        Raises:
            UserError: it cannot be read, or not be told apart from what is not trained.
        """
        folder = folder_of_checkpoint(checkpoint, revision)
        if folder is None:
            raise UserError(
                f"{checkpoint} is not on this machine, although it was loaded here; give its folder with --model"
            )
        lock = json.loads(lock_file.read_text(encoding="utf-8"))
        return cls(Base.read(folder, lock), lock)

    def weights(self, memory: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """
        Everything to store by its published name, where `memory` has the model's whole tensors by those in memory.

        Raises:
            UserError: a file of the base cannot be read any more.
        """
        trained = {each.name: made_of(each, memory) for each in self.table.stored}
        return trained | {each.name: _carried(each) for each in self.base.carried}

    def finish(self, output: Path, dtype: torch.dtype) -> None:
        """Put the base's config.json in the place of the one that the class in memory has, and what reads images beside."""
        text = config_text(self.base.config, self.lock, self.layout, str(dtype).removeprefix("torch."))
        put_text(output, CONFIG, text)
        for path in processor_files(self.base.folder):
            if not (output / path.name).exists():
                copy_file(path, output, path.name)


def made_of(tensor: Stored, memory: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """A tensor to store, made of the model's whole tensors."""
    numbers = [_numbers(piece, memory) for piece in tensor.pieces]
    # A copy in any case: views of one stack would be taken for tensors that share their weights.
    return torch.cat([each.reshape(-1) for each in numbers]).reshape(tensor.shape)


def _numbers(piece: Piece, memory: Mapping[str, torch.Tensor]) -> torch.Tensor:
    box = piece.box
    part = memory[box.parameter]
    for dim, (begin, length) in enumerate(zip(box.begin, box.size, strict=True)):
        part = part.narrow(dim, begin, length)
    return part.transpose(-2, -1) if piece.turned else part


def _carried(tensor: Stored) -> torch.Tensor:
    dtype = TORCH[tensor.code]
    (piece,) = tensor.pieces
    content = bytearray(b"".join(read_bytes(piece.box)))
    if not prod(tensor.shape):
        return torch.empty(tensor.shape, dtype=dtype)
    return torch.frombuffer(content, dtype=dtype).reshape(tensor.shape)
