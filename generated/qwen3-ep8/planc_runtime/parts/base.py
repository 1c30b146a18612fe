"""
The checkpoint that a model of several parts was loaded from, for what the run does not train.

It is taken from there byte for byte, never from memory: on a mesh transformers loads some towers with rows in another order,
and of some models the class that trains has not all parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.export.table import FORMATS, Span, Stored, Table, carried, trained_rows
from planc_runtime.preflight.weights import expected_tensors, some
from planc_runtime.safetensors import CheckpointError, read_header
from planc_runtime.stored import stored_names


@dataclass(frozen=True)
class Base:
    """
    A checkpoint folder.

    Attributes:
        config: its config.json.
        carried: the tensors that the run does not train, in the order of their names.
    """

    folder: Path
    config: dict[str, Any]
    carried: tuple[Stored, ...]

    @classmethod
    def read(cls, folder: Path, lock: Mapping[str, Any]) -> Base:
        """
        Look at names and headers.

        Raises:
            UserError: it cannot be read, or the text model is stored in it under other names than the plan counts on, so
                that its tensors could not be told from the others.
        """
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            names = stored_names(folder)
            others = _others(names, lock, folder)
            files = sorted({names[name] for name in others})
            headers = {file: read_header(folder / file).tensors for file in files}
        except (OSError, ValueError, CheckpointError) as error:
            raise UserError(f"cannot read {folder}, from which the parts that are not trained come: {error}") from error
        tensors = []
        for name in others:
            tensor = headers[names[name]].get(name)
            if tensor is None:
                raise UserError(f"{folder}: the index names {name}, which {names[name]} does not hold")
            span = Span(folder / names[name], tensor.begin, tensor.end - tensor.begin)
            tensors.append(carried(name, tensor.dtype, tensor.shape, span))
        return cls(folder, config, tuple(tensors))


def _others(names: Mapping[str, str], lock: Mapping[str, Any], folder: Path) -> list[str]:
    """The names of what is not the text model's."""
    layouts = [_names_in(lock, layout) for layout in lock["export"]["layouts"]]
    of_text = {**lock, "model": {**lock["model"], "tensors": trained_rows(lock)}}
    own = {name: each.optional for name, each in expected_tensors(of_text).items()}
    needed = [{name for name, is_optional in each.items() if not is_optional} for each in [own, *layouts]]
    missing = min((each - names.keys() for each in needed), key=len)
    if missing:
        raise UserError(
            f"{folder} has no {some(sorted(missing))}: it stores the text model under names that the plan's layouts do not"
            " have; see that model.layout is its own"
        )
    text = own.keys() | {name for layout in layouts for name in layout}
    is_tied = any("tied" in tensor for tensor in lock["model"]["tensors"])
    # A head that shares the embedding may be stored all the same, under whatever name: it would be that of before.
    return sorted(name for name in names if name not in text and not (is_tied and name.endswith("lm_head.weight")))


def _names_in(lock: Mapping[str, Any], layout: str) -> dict[str, bool]:
    """What the text model is stored as in a layout; true for what may be missing."""
    sources = {tensor["tied"] for tensor in lock["model"]["tensors"] if "tied" in tensor}
    table = Table(dict(lock), layout=layout, dtype=next(iter(FORMATS)))
    return {stored.name: any(piece.box.parameter in sources for piece in stored.pieces) for stored in table.stored}


def read_bytes(span: Span, *, most: int = 2**22) -> Iterator[bytes]:
    """What a span of a file holds, a few MiB at a time."""
    with open(span.path, "rb") as stream:
        stream.seek(span.begin)
        left = span.length
        while left:
            block = stream.read(min(most, left))
            if not block:
                raise UserError(f"{span.path} has become shorter while it was read")
            left -= len(block)
            yield block
