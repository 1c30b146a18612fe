"""The file of a family's operations: formulas, names and programs once each, and which layer runs which."""

from __future__ import annotations

import json
from typing import Any

from operations.family import Kind, Operations, Piece


class _Table:
    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.places: dict[Any, int] = {}

    def place(self, row: Any) -> int:
        if row not in self.places:
            self.places[row] = len(self.rows)
            self.rows.append(row)
        return self.places[row]


class _Writer:
    def __init__(self) -> None:
        self.modules = _Table()
        self.formulas = _Table()
        self.tensors = _Table()
        self.pieces = _Table()

    def tensor(self, name: str, formula: str) -> int:
        return self.tensors.place((self.modules.place(name), self.formulas.place(formula)))

    def events(self, piece: Piece, events: list[Any], alive: list[int]) -> str:
        """
        Args:
            alive: what is allocated when they begin, the oldest first; afterwards, what is when they end.

        What comes is told by its tensor's place behind that of the last one, what goes by its place from the end of `alive`: pieces
        that differ in a few tensors, and families in their tables, are the same text elsewhere, and pack to less than half.
        """
        words, last = [], 0
        for event in events:
            if isinstance(event, str):
                words.append("x")
            elif event >= 0:
                place = self.tensor(*piece.tensors[event])
                words.append(str(place - last) if place >= last else f"<{last - place}")
                last = place
                alive.append(event)
            else:
                place = alive.index(~event)
                words.append(str(place - len(alive)))
                del alive[place]
        return " ".join(words)

    def piece(self, piece: Piece | str) -> int | str:
        if isinstance(piece, str):
            return piece
        flags = ("i" if piece.keeps_input else "") + ("g" if piece.shares_gradient else "")
        lasting = " ".join(str(self.tensor(*each)) for each in piece.lasting)
        alive: list[int] = []
        forward, backward = (self.events(piece, events, alive) for events in (piece.forward, piece.backward))
        return self.pieces.place((forward, backward, flags, lasting))

    def kind(self, kind: Kind) -> list[Any]:
        return [kind.when, [self.piece(piece) for piece in kind.pieces]]


def steps(rows: list[tuple[int, ...]]) -> list[int]:
    """Each row's differences from the one before it."""
    before = [(0,) * len(row) for row in rows[:1]] + rows[:-1]
    return [number - last for row, other in zip(rows, before, strict=True) for number, last in zip(row, other, strict=True)]


def text_of(operations: Operations) -> str:
    """One piece a line."""
    writer = _Writer()
    programs = [
        {
            "when": program.when,
            "before": [writer.piece(piece) for piece in program.before],
            "behind": [writer.piece(piece) for piece in program.behind],
            "kinds": [writer.kind(kind) for kind in program.kinds],
        }
        for program in operations.programs
    ]
    record = {
        "model_type": operations.model_type,
        "defaults": operations.defaults,
        "names": writer.modules.rows,
        "formulas": writer.formulas.rows,
        "tensors": steps(writer.tensors.rows),
    }
    lines = [f'  "{key}": {json.dumps(value)}' for key, value in record.items()]
    for key, rows in {"pieces": writer.pieces.rows, "programs": programs}.items():
        body = ",\n".join("    " + json.dumps(row) for row in rows)
        lines.append(f'  "{key}": [\n{body}\n  ]')
    return "{\n" + ",\n".join(lines) + "\n}\n"
