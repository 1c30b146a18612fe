"""Before a byte is moved: every byte of the source is used exactly once, every byte of the target written exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from planc_runtime.convert.folder import File
from planc_runtime.convert.program import Piece
from planc_runtime.convert.shards import Shard
from planc_runtime.convert.tensors import CARRIED, Layout
from planc_runtime.safetensors import BITS, CheckpointError, Tensor


class ProofError(CheckpointError):
    """The conversion would lose, repeat or invent bytes: a mistake of planc's, found before anything was written."""


def prove(layout: Layout, files: Sequence[File], shards: Sequence[Shard]) -> None:
    """
    Raise unless the shards' ranges tile the data of all source files and of all shards.

    The ranges are what `copying` is given. A tensor's piece is looked for from the target's side there; here its place
    is computed from the source's side too, and both have to name the same bytes.
    """
    taken: list[tuple[int, int, int]] = []
    for shard in shards:
        at = shard.data_start
        for slot in shard.slots:
            if slot.begin != at:
                raise ProofError(f"{shard.name}: {slot.target.name} begins at byte {slot.begin:,}, not {at:,}")
            within = 0
            for span in layout.spans(slot.target):
                if span.at != within:
                    raise ProofError(f"{slot.target.name}: a piece begins at byte {span.at:,}, not {within:,}")
                within += span.size
                taken.append((span.file, span.begin, span.begin + span.size))
            if within != slot.target.size or within != prod(slot.target.shape) * BITS[slot.target.dtype] // 8:
                raise ProofError(f"{slot.target.name} gets {within:,} of its {slot.target.size:,} bytes")
            at += within
        if at != shard.size:
            raise ProofError(f"{shard.name} ends at byte {at:,}, not {shard.size:,}")
    _prove_source(taken, files)
    _prove_pieces(layout)


def _prove_source(taken: list[tuple[int, int, int]], files: Sequence[File]) -> None:
    taken.sort()
    ends = [file.data_start for file in files]
    for file, begin, end in taken:
        if begin == end:
            continue
        if begin != ends[file]:
            what = "used twice" if begin < ends[file] else "not used"
            raise ProofError(f"{files[file].name}: bytes from {min(begin, ends[file]):,} are {what}")
        ends[file] = end
    for number, file in enumerate(files):
        end = ends[number]
        if end != file.size:
            raise ProofError(f"{file.name}: bytes from {end:,} are not used")


def _prove_pieces(layout: Layout) -> None:
    """Every piece of every expert goes to the place that the program names: the same expert, in the same layer."""
    program = layout.program
    unwritten: dict[tuple[int, int], bytearray] = {}
    for index, piece in enumerate(program.pieces):
        for layer in layout.layers[index]:
            unwritten[index, layer] = bytearray(b"\x01" * piece.experts)
    for target in layout.targets():
        if target.layer == CARRIED:
            continue
        for span in layout.spans(target):
            piece = program.pieces[span.piece]
            tensor = layout.tensors[piece.source.tensor(target.layer, span.expert)]
            if span.begin != _row(piece, tensor, span.expert):
                raise ProofError(f"{target.name}: {piece.name} of expert {span.expert} comes from the wrong bytes")
            if not unwritten[span.piece, target.layer][span.expert]:
                raise ProofError(f"{target.name}: {piece.name} of expert {span.expert} is written twice")
            unwritten[span.piece, target.layer][span.expert] = 0
    for (index, layer), experts in unwritten.items():
        if any(experts):
            raise ProofError(
                f"{program.pieces[index].name} of expert {experts.index(1)} in layer {layer} is not written"
            )


def _row(piece: Piece, tensor: Tensor, expert: int) -> int:
    """First byte of a piece, by counting rows of its tensor."""
    if not piece.source.is_stack:
        return tensor.begin
    bytes_of_row = (tensor.end - tensor.begin) // (tensor.shape[0] * tensor.shape[1])
    return tensor.begin + bytes_of_row * (expert * tensor.shape[1] + piece.source.part * piece.shape[0])
