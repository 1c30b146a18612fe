"""The text model of a checkpoint in Hub format, read by the names that its parameters have in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from planc_runtime.errors import UserError
from planc_runtime.export.companions import folder_of_checkpoint
from planc_runtime.export.table import FORMATS, Box, Span, Stored, Table
from planc_runtime.parts.base import read_bytes
from planc_runtime.paths import BUNDLE
from planc_runtime.preflight.weights import some
from planc_runtime.safetensors import CheckpointError, Tensor, read_header
from planc_runtime.stored import stored_names

# Formats that a base may be stored in, by the names that safetensors has for them.
READ = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16, "F64": torch.float64}

# Bytes of a matrix that tell it from that of another model.
BEGINNING = 4096


@dataclass(frozen=True)
class Place:
    """Where a piece of a parameter lies: rows from `begin` on, `turned` where its columns are stored as rows."""

    path: Path
    at: int
    dtype: torch.dtype
    begin: int
    rows: int
    turned: bool


class Weights:
    """
    A checkpoint folder.

    Attributes:
        layout: how it stores experts.
        headers: digest of each file's header, by the file's name.
        stacked: parameters that hold the matrices of experts.
    """

    def __init__(self, folder: Path, lock: dict[str, Any]) -> None:
        """
        Look at names, shapes and lengths.

        Raises:
            UserError: a file is missing or damaged, or it holds another model than the plan's.
        """
        self.folder = folder
        try:
            names = stored_names(folder)
            headers = {file: read_header(folder / file) for file in sorted(set(names.values()))}
        except (OSError, ValueError, CheckpointError) as error:
            raise UserError(f"cannot read the base {folder}: {error}") from error
        self.headers = {file: header.sha256 for file, header in headers.items()}
        table = _table_of(folder, names, lock)
        self.layout = table.layout
        self.stacked: set[str] = set()
        self._shapes = table.parameters
        self._places: dict[tuple[str, int], list[Place]] = {}
        for stored in table.stored:
            file = names.get(stored.name)
            tensor = headers[file].tensors.get(stored.name) if file is not None else None
            if tensor is None:
                raise UserError(f"{folder}: the index names {stored.name}, which {file} does not hold")
            self._put(stored, tensor, folder / str(file))

    def _put(self, stored: Stored, tensor: Tensor, path: Path) -> None:
        if tensor.shape != stored.shape:
            raise UserError(
                f"{self.folder} holds {stored.name} as {list(tensor.shape)}, this plan's model has {list(stored.shape)}: it"
                " is another model"
            )
        if tensor.dtype not in READ:
            raise UserError(
                f"{self.folder} holds {stored.name} as {tensor.dtype}; merge into a base of {', '.join(READ)}"
            )
        at = tensor.begin
        for piece in stored.pieces:
            box: Box = piece.box
            expert, dim = (0, 0) if piece.module is None else (box.begin[0], 1)
            if piece.module is not None:
                self.stacked.add(box.parameter)
            begin, rows = (box.begin[dim], box.size[dim]) if box.size else (0, 1)
            place = Place(path, at, READ[tensor.dtype], begin, rows, piece.turned)
            self._places.setdefault((box.parameter, expert), []).append(place)
            at += prod(box.size) * place.dtype.itemsize

    def fingerprint(self) -> str:
        """
        SHA-256 over the beginning of every matrix that is none of experts, so that it depends neither on the layout nor on how the
        checkpoint is split into files.
        """
        digest = hashlib.sha256()
        for (parameter, _), (place, *_) in sorted(self._places.items(), key=lambda item: item[0]):
            if parameter in self.stacked or len(self._shapes[parameter]) < 2:
                continue
            length = min(BEGINNING, prod(self._shapes[parameter]) * place.dtype.itemsize)
            digest.update(f"{parameter} {place.dtype}\n".encode())
            for block in read_bytes(Span(place.path, place.at, length)):
                digest.update(block)
        return digest.hexdigest()

    def rows(self, parameter: str, expert: int, begin: int, end: int, width: tuple[int, ...]) -> torch.Tensor:
        """
        Rows of an expert's matrix, or of a parameter that is none of experts, as [end - begin, *width] in the stored format.

        Raises:
            UserError: a file has become shorter.
        """
        found = []
        for place in self._places[parameter, expert]:
            first, last = max(begin, place.begin), min(end, place.begin + place.rows)
            if first >= last:
                continue
            if place.turned:
                (columns,) = width
                whole = _numbers(place, 0, place.rows * columns).view(columns, place.rows).t()
                found.append(whole[first - place.begin : last - place.begin])
            else:
                row = prod(width)
                flat = _numbers(place, (first - place.begin) * row, (last - first) * row)
                found.append(flat.view(last - first, *width))
        return found[0] if len(found) == 1 else torch.cat(found)


def fingerprint_of(checkpoint: str, revision: str | None) -> str | None:
    """
    That of the checkpoint that a run has loaded, a folder or a Hub id with its commit; None where it cannot be told.

    A run that has trained its adapter saves it, whatever has become of the base.
    """
    try:
        folder = folder_of_checkpoint(checkpoint, revision)
        lock = json.loads((BUNDLE / "plan.lock.json").read_text(encoding="utf-8"))
        return None if folder is None else Weights(folder, lock).fingerprint()
    except (OSError, ValueError, KeyError, UserError):
        return None


def _numbers(place: Place, begin: int, count: int) -> torch.Tensor:
    size = place.dtype.itemsize
    data = bytearray().join(read_bytes(Span(place.path, place.at + begin * size, count * size)))
    return torch.frombuffer(data, dtype=place.dtype)


def _table_of(folder: Path, names: Mapping[str, str], lock: dict[str, Any]) -> Table:
    """The layout whose names the folder has, as the export's table of it."""
    own = lock["model"]["layout"]
    layouts = sorted(lock["export"]["layouts"], key=lambda layout: layout != own)
    lacking = []
    for layout in layouts:
        table = Table(lock, layout=layout, dtype=next(iter(FORMATS)))
        missing = [stored.name for stored in table.stored if stored.name not in names]
        if not missing:
            return table
        lacking.append((len(missing) / len(table.stored), missing))
    _, missing = min(lacking)
    raise UserError(f"the base {folder} has no {some(missing)}: it is another model than the plan's, or not whole")
