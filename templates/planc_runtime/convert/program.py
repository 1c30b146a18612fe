"""What one expert contributes to the tensors of either layout: the program that a conversion follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """
    Where a piece stands. With `{expert}` in `name` each expert has a tensor of its own, which the piece fills. Without,
    all experts share one: each adds `parts` pieces in turn, of which this is number `part`.
    """

    name: str
    part: int = 0
    parts: int = 1

    @property
    def is_stack(self) -> bool:
        return "{expert}" not in self.name

    def tensor(self, layer: int, expert: int) -> str:
        """The tensor's name."""
        return self.name.replace("{layer}", str(layer)).replace("{expert}", str(expert))


class Piece(NamedTuple):
    """
    A matrix of one expert, of `shape`, and where it stands in the source and in the target. `experts` of them in each
    of `layers`.
    """

    name: str
    shape: tuple[int, ...]
    source: Place
    target: Place
    experts: int
    layers: Sequence[int]


class Program(NamedTuple):
    """
    A conversion between two layouts of one model.

    `names` lists what else the checkpoint has to hold, and the order of all: the patterns of the model's tensors as
    `(name, layers)`, with no layers outside of them. Empty: whatever the source holds, in the source's order.
    """

    model_type: str
    source_layout: str
    target_layout: str
    pieces: Sequence[Piece]
    names: Sequence[tuple[str, Sequence[int] | None]] = ()
    # Last parts of names that stand among the experts without being one of them.
    beside: Sequence[str] = ()

    def reverse(self) -> Program:
        """The conversion back."""
        pieces = [piece._replace(source=piece.target, target=piece.source) for piece in self.pieces]
        swapped = {piece.target.name: piece for piece in self.pieces}
        names: list[tuple[str, Sequence[int] | None]] = []
        for name, layers in self.names:
            piece = swapped.get(name)
            if piece is None:
                names.append((name, layers))
                continue
            # Every source of the tensor, once: the order of experts' tensors is by layer, then as the pieces stand.
            for other in self.pieces:
                if other.target.name == name and (other.source.name, layers) not in names:
                    names.append((other.source.name, layers))
        return self._replace(
            source_layout=self.target_layout, target_layout=self.source_layout, pieces=pieces, names=names
        )

    def digest(self) -> str:
        """SHA-256 of the program, for the journal and the manifest."""
        plain = [
            self.model_type,
            self.source_layout,
            self.target_layout,
            [[*piece[:4], piece.experts, list(piece.layers)] for piece in self.pieces],
        ]
        return hashlib.sha256(json.dumps(plain).encode()).hexdigest()
