"""The tensors of the target, and which bytes of the source each is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from planc_runtime.convert.program import Piece, Place, Program
from planc_runtime.safetensors import BITS, CheckpointError, Tensor

# Stands for a layer and for a piece of tensors that are taken over as they are.
CARRIED = -1


class Target(NamedTuple):
    """
    A tensor to write.

    `layer` is `CARRIED` for a tensor that is taken over as it is. `expert` is None for a stack.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    layer: int
    expert: int | None


class Span(NamedTuple):
    """Bytes to move: where they lie in the source, where in the target tensor, and which piece they are (or
    `CARRIED`)."""

    file: int
    begin: int
    at: int
    size: int
    piece: int
    expert: int


class Layout:
    """A source checkpoint seen through a program."""

    def __init__(self, program: Program, tensors: dict[str, Tensor]) -> None:
        """
        Raises:
            CheckpointError: the source is not what the program was written for. The message names tensors.
        """
        self.program = program
        self.tensors = tensors
        self._by_target: dict[str, list[int]] = {}
        for index, piece in enumerate(program.pieces):
            self._by_target.setdefault(piece.target.name, []).append(index)
        for indices in self._by_target.values():
            indices.sort(key=lambda index: program.pieces[index].target.part)
        self.layers = {index: self._layers_of(piece) for index, piece in enumerate(program.pieces)}
        self._check_layers()
        self.carried = self._carried()

    def targets(self) -> Iterator[Target]:
        """Every tensor to write, in no particular order."""
        for name in self.carried:
            tensor = self.tensors[name]
            yield Target(name, tensor.dtype, tensor.shape, tensor.end - tensor.begin, CARRIED, None)
        for template, indices in self._by_target.items():
            first = self.program.pieces[indices[0]]
            for layer in self.layers[indices[0]]:
                dtype = self._source(first, layer, 0).dtype
                if first.target.is_stack:
                    rows = sum(self.program.pieces[index].shape[0] for index in indices)
                    shape = (first.experts, rows, *first.shape[1:])
                    size = prod(shape) * BITS[dtype] // 8
                    yield Target(first.target.tensor(layer, 0), dtype, shape, size, layer, None)
                    continue
                size = prod(first.shape) * BITS[dtype] // 8
                for expert in range(first.experts):
                    name = template.replace("{layer}", str(layer)).replace("{expert}", str(expert))
                    yield Target(name, dtype, first.shape, size, layer, expert)

    def spans(self, target: Target) -> Iterator[Span]:
        """The bytes of a tensor to write, in its order."""
        if target.layer == CARRIED:
            tensor = self.tensors[target.name]
            yield Span(tensor.file, tensor.begin, 0, target.size, CARRIED, 0)
            return
        indices = self._indices_of(target)
        experts = range(self.program.pieces[indices[0]].experts) if target.expert is None else [target.expert]
        at = 0
        for expert in experts:
            for index in indices:
                piece = self.program.pieces[index]
                tensor = self._source(piece, target.layer, expert)
                size, begin = extent(piece, piece.source, tensor, expert)
                yield Span(tensor.file, begin, at, size, index, expert)
                at += size

    def template(self, target: Target) -> str:
        """The pattern that the name of a tensor of experts follows."""
        return self.program.pieces[self._indices_of(target)[0]].target.name

    def _indices_of(self, target: Target) -> list[int]:
        expert = target.expert or 0
        for indices in self._by_target.values():
            place = self.program.pieces[indices[0]].target
            if target.layer in self.layers[indices[0]] and place.tensor(target.layer, expert) == target.name:
                return indices
        raise KeyError(target.name)

    def _source(self, piece: Piece, layer: int, expert: int) -> Tensor:
        return self.tensors[piece.source.tensor(layer, expert)]

    def _layers_of(self, piece: Piece) -> list[int]:
        """The layers that hold the piece, checked: every expert is there and has its shape."""
        found = []
        shape = stored_shape(piece, piece.source)
        for layer in piece.layers:
            experts = [0] if piece.source.is_stack else range(piece.experts)
            names = [piece.source.tensor(layer, expert) for expert in experts]
            missing = [name for name in names if name not in self.tensors]
            if missing:
                raise CheckpointError(
                    f"{missing[0]} is missing ({len(missing):,} of layer {layer}'s {len(names):,}): this is no whole"
                    f" {self.program.model_type} checkpoint in the layout {self.program.source_layout}"
                )
            dtype = self.tensors[names[0]].dtype
            for name in names:
                tensor = self.tensors[name]
                if tensor.shape != shape:
                    raise CheckpointError(
                        f"{name} has the shape {list(tensor.shape)}; this model's config.json asks for {list(shape)}"
                    )
                if tensor.dtype != dtype:
                    raise CheckpointError(
                        f"{name} is {tensor.dtype}, {names[0]} is {dtype}: they cannot share a tensor"
                    )
            found.append(layer)
        return found

    def _check_layers(self) -> None:
        """Pieces that belong together are in the same layers, and pieces that share a tensor have one dtype."""
        if not any(self.layers.values()):
            raise CheckpointError(
                f"no layer holds experts in the layout {self.program.source_layout} of {self.program.model_type}:"
                f" {self.program.pieces[0].source.tensor(self.program.pieces[0].layers[0], 0)} is missing, for one"
            )
        for index, piece in enumerate(self.program.pieces):
            for other, first in enumerate(self.program.pieces[:index]):
                if first.layers != piece.layers:
                    continue
                if self.layers[other] != self.layers[index]:
                    layer = min(set(self.layers[other]) ^ set(self.layers[index]))
                    raise CheckpointError(f"layer {layer} holds {first.name} or {piece.name} of its experts, not both")
                if first.target.name != piece.target.name:
                    continue
                for layer in self.layers[index]:
                    mine, its = self._source(piece, layer, 0), self._source(first, layer, 0)
                    if mine.dtype != its.dtype:
                        raise CheckpointError(
                            f"{piece.source.tensor(layer, 0)} is {mine.dtype}, {first.source.tensor(layer, 0)} is"
                            f" {its.dtype}: they cannot share a tensor"
                        )

    def _carried(self) -> list[str]:
        """The tensors that no piece takes, in the source's order."""
        used: set[str] = set()
        made: set[str] = set()
        for index, piece in enumerate(self.program.pieces):
            for layer in self.layers[index]:
                for expert in range(piece.experts):
                    used.add(piece.source.tensor(layer, expert))
                    made.add(piece.target.tensor(layer, expert))
        carried = sorted((name for name in self.tensors if name not in used), key=lambda name: self.tensors[name])
        among = _among_experts(self.program)
        held = {layer for layers in self.layers.values() for layer in layers}
        for name in carried:
            if name in made:
                raise CheckpointError(f"the source holds {name} already: its experts are stored in two layouts")
            if name.rsplit(".", 1)[-1] in self.program.beside:
                continue
            if any(match and int(match[1]) in held for match in (head.match(name) for head in among)):
                raise CheckpointError(
                    f"{name} stands among the experts, but the layout {self.program.source_layout} of"
                    f" {self.program.model_type} has no such tensor"
                )
        there = set(carried)
        for name, layers in self.program.names:
            for layer in [0] if layers is None else layers:
                tensor = name.replace("{layer}", str(layer))
                if "{expert}" not in name and tensor not in made and tensor not in there:
                    raise CheckpointError(f"{tensor} is missing: this is no whole {self.program.model_type} checkpoint")
        return carried


def extent(piece: Piece, place: Place, tensor: Tensor, expert: int) -> tuple[int, int]:
    """Size in bytes of one expert's piece, and where it begins in the file of `tensor`, which stands at `place`."""
    size = prod(piece.shape) * BITS[tensor.dtype] // 8
    return size, tensor.begin + (size * (expert * place.parts + place.part) if place.is_stack else 0)


def stored_shape(piece: Piece, place: Place) -> tuple[int, ...]:
    """Shape of the tensor that a piece stands in, which all parts of an expert share alike."""
    if not place.is_stack:
        return piece.shape
    return (piece.experts, piece.shape[0] * place.parts, *piece.shape[1:])


def _among_experts(program: Program) -> list[re.Pattern[str]]:
    """What the names of all tensors of experts begin with, in either layout; the layer is the first group."""
    heads = set()
    for piece in program.pieces:
        for place in (piece.source, piece.target):
            head = place.name.split("{expert}")[0]
            head = head[: head.rindex(".") + 1]
            # `block_sparse_moe.input_linear` stands beside the router, not among experts.
            if head.endswith("experts."):
                heads.add(head)
    return [re.compile(re.escape(head).replace(r"\{layer\}", r"(\d+)")) for head in sorted(heads)]
