"""What is stored: every tensor of the Hub checkpoint, and which part of which parameter of the run each is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.parts.names import is_under

# Bytes of an element and the name that safetensors has for it, by the names of the lock.
FORMATS = {"float32": (4, "F32"), "bfloat16": (2, "BF16")}


@dataclass(frozen=True)
class Box:
    """A part of a parameter in memory: `size` elements in each dim, beginning with element `begin`."""

    parameter: str
    begin: tuple[int, ...]
    size: tuple[int, ...]


@dataclass(frozen=True)
class Span:
    """Bytes of another file, which are stored as they are."""

    path: Path
    begin: int
    length: int


@dataclass(frozen=True)
class Piece:
    """
    What a digest is made of: a matrix of one expert, or a whole tensor.

    `module` is what the layer's experts are listed under in the manifest, None for anything but an expert; `number` says
    which of the expert's pieces this is. Of a `turned` piece columns are stored as rows.
    """

    box: Box | Span
    module: str | None = None
    expert: int = 0
    number: int = 0
    turned: bool = False

    def size(self, dtype: str) -> int:
        """Bytes."""
        return self.box.length if isinstance(self.box, Span) else prod(self.box.size) * FORMATS[dtype][0]


@dataclass(frozen=True)
class Stored:
    """
    A tensor to store, in the format `dtype` ("bfloat16"): its pieces follow one another. `code` is the format's name in
    safetensors.
    """

    name: str
    dtype: str
    code: str
    shape: tuple[int, ...]
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(piece.size(self.dtype) for piece in self.pieces)


def stored(name: str, dtype: str, shape: tuple[int, ...], pieces: tuple[Piece, ...]) -> Stored:
    """A tensor made of the run's parameters."""
    return Stored(name, dtype, FORMATS[dtype][1], shape, pieces)


def carried(name: str, code: str, shape: tuple[int, ...], span: Span) -> Stored:
    """A tensor of another checkpoint, byte for byte."""
    return Stored(name, code, code, shape, (Piece(span),))


def trained_rows(lock: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the lock's tensor table that a run has: those of the text model."""
    towers = lock["model"].get("towers") or ()
    return [row for row in lock["model"]["tensors"] if not is_under(row["name"], towers)]


class Table:
    """
    The lock's tensor table, read for one layout.

    Attributes:
        layout: how it stores experts.
        parameters: shape of each tensor that a run's checkpoint has to hold, by its name in memory.
        tied: names that it may hold besides, because they share another's storage.
        stored: every tensor to store, in the model's order.
    """

    def __init__(self, lock: dict[str, Any], *, layout: str, dtype: str) -> None:
        """
        Raises:
            UserError: the model cannot be stored in that layout.
        """
        layouts = lock["export"]["layouts"]
        if layout not in layouts:
            raise UserError(
                f"a trained {lock['model']['model_type']} cannot be stored as {layout}; it can as {', '.join(layouts)}"
            )
        self.layout = layout
        self._experts: dict[str, list[str]] = layouts[layout]["experts"]
        self._is_turned = bool(layouts[layout].get("turned"))
        # An expert has as many pieces in any layout: those that the layout with the most tensors keeps apart.
        self._pieces = {name: max(len(other["experts"][name]) for other in layouts.values()) for name in self._experts}
        self._numbers = self._first_numbers()
        self._dtype = dtype
        self.parameters: dict[str, tuple[int, ...]] = {}
        self.tied: set[str] = set()
        ranked: list[tuple[tuple[int, int, int], Stored]] = []
        is_inside = False
        for row, tensor in enumerate(trained_rows(lock)):
            is_inside = is_inside or tensor["layers"] is not None
            for layer in [None] if tensor["layers"] is None else tensor["layers"]:
                name = _at(tensor["name"], layer)
                if "tied" in tensor:
                    self.tied.add(name)
                    continue
                self.parameters[name] = tuple(tensor["shape"])
                # What stands outside of the layers comes before them or after them.
                rank = (1, layer, row) if layer is not None else (2 if is_inside else 0, 0, row)
                ranked += [(rank, each) for each in self._stored(tensor, layer)]
        self.stored = [each for _, each in sorted(ranked, key=lambda pair: pair[0])]

    def _first_numbers(self) -> dict[str, int]:
        numbers, first = {}, 0
        for name, pieces in self._pieces.items():
            numbers[name] = first
            first += pieces
        return numbers

    def _stored(self, tensor: dict[str, Any], layer: int | None) -> Iterator[Stored]:
        name, shape = tensor["name"], tuple(tensor["shape"])
        templates = self._experts.get(name)
        if templates is None:
            dtype = self._format(tensor)
            piece = Piece(Box(_at(name, layer), (0,) * len(shape), shape))
            yield stored(_at(tensor["stored"][0], layer), dtype, shape, (piece,))
            return
        experts, rows, *rest = shape
        share = rows // len(templates)
        if self._is_turned:
            pieces = tuple(self._turned(tensor, layer, expert) for expert in range(experts))
            yield stored(_at(templates[0], layer), self._dtype, (experts, *rest, rows), pieces)
            return
        for expert in range(experts) if "{expert}" in templates[0] else [None]:
            for part, template in enumerate(templates):
                at = _at(template, layer)
                if expert is None:
                    pieces = [piece for each in range(experts) for piece in self._part(tensor, layer, each, part)]
                    yield stored(at, self._dtype, (experts, share, *rest), tuple(pieces))
                else:
                    at = at.replace("{expert}", str(expert))
                    pieces = list(self._part(tensor, layer, expert, part))
                    yield stored(at, self._dtype, (share, *rest), tuple(pieces))

    def _turned(self, tensor: dict[str, Any], layer: int, expert: int) -> Piece:
        """An expert's whole matrix: rows of its halves do not stay together where columns become rows."""
        name, (_, *matrix) = tensor["name"], tensor["shape"]
        box = Box(_at(name, layer), (expert, *(0 for _ in matrix)), (1, *matrix))
        return Piece(box, name[: name.index("{layer}")] + str(layer), expert, self._numbers[name], turned=True)

    def _format(self, tensor: dict[str, Any]) -> str:
        # A buffer keeps its format: the bias of a router is float32 in checkpoints of bfloat16.
        if tensor.get("buffer"):
            return tensor["dtype"] if tensor["dtype"] in FORMATS else self._dtype
        # So does what the release itself loads and saves in float32 whatever it is asked for.
        return "float32" if tensor.get("in_float32") else self._dtype

    def _part(self, tensor: dict[str, Any], layer: int, expert: int, part: int) -> Iterator[Piece]:
        """The pieces of an expert that go to number `part` of the tensors that hold it."""
        name = tensor["name"]
        _, rows, *rest = tensor["shape"]
        pieces = self._pieces[name]
        height = rows // pieces
        each = pieces // len(self._experts[name])
        module = name[: name.index("{layer}")] + str(layer)
        for number in range(part * each, (part + 1) * each):
            box = Box(_at(name, layer), (expert, number * height, *(0 for _ in rest)), (1, height, *rest))
            yield Piece(box, module, expert, self._numbers[name] + number)


def _at(template: str, layer: int | None) -> str:
    return template if layer is None else template.replace("{layer}", str(layer))
