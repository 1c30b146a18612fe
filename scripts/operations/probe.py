"""Records a family at its small config and with keys doubled, and puts formulas in the place of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from families.build import Path, changed, made, read
from families.probe import Home, Key
from families.record import Part
from operations import kernels
from operations.fitting import BATCH, Unexplained, formula_of, holds
from operations.pieces import Cutter, RawPiece
from operations.prune import moments, prune
from operations.run import Recorded

ROWS, LENGTH = 2, 64

# Keys that say which layers are of which kind, or that name no size.
PATTERN = re.compile(r"(step|interval|freq|offset|replace|dense_layers|_layer_start|_layer_end|hash_layers|nextn|mtp|version|every|period)")

Doubled = tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """What a micro-batch is computed with."""

    compute: str
    on_gpu: bool
    policy: str


@dataclass
class Piece:
    """A piece with formulas: what `src/model/operations.ts` reads."""

    tensors: list[tuple[str, str]] = field(default_factory=list)
    forward: list[Any] = field(default_factory=list)
    backward: list[Any] = field(default_factory=list)
    lasting: list[tuple[str, str]] = field(default_factory=list)
    keeps_input: bool = True
    shares_gradient: bool = False

    def key(self) -> str:
        return repr((self.tensors, self.forward, self.backward, self.lasting, self.keeps_input, self.shares_gradient))


class Prober:
    """Records one family. `keys`: those that may be doubled."""

    def __init__(self, part: Part, config: dict[str, Any], keys: list[Key]) -> None:
        self.part, self.config = part, config
        self.keys = {key.name: key for key in keys}
        self.failed: dict[str, str] = {}
        # Sizes on which something may depend, and that the class does not run with doubled.
        self.refused: list[str] = []
        self._pieces: dict[tuple[Variant, Doubled], dict[str, RawPiece]] = {}
        self.runs = 0

    def pieces(self, variant: Variant, doubled: Doubled = ()) -> dict[str, RawPiece]:
        """Piece by name: "before", "behind" and the numbers of layers. Raises what the class raises."""
        found = self._pieces.get((variant, doubled))
        if found is None:
            changes: dict[Path, Any] = {}
            for name in doubled:
                if name not in BATCH:
                    changes |= self.keys[name].doubled(self.config)
            config = made(self.config["model_type"], changed(self.config, changes))
            model = Recorded(self.part.class_name, config, self.part.prefix, getattr(torch, variant.compute), variant.policy)
            rows, length = (size * (2 if name in doubled else 1) for name, size in zip(BATCH, (ROWS, LENGTH), strict=True))
            self.runs += 1
            items, gradients = model.tape(rows, length, variant.on_gpu)
            cutter = Cutter(items, gradients)
            found = {str(index): cutter.layer(index) for index in range(cutter.count)}
            found |= {"before": cutter.before(), "behind": cutter.behind()}
            self._pieces[variant, doubled] = found
        return found

    def values(self, doubled: Doubled = ()) -> dict[str, int]:
        found = {name: read(self.config, key.path) for name, key in self.keys.items() if not key.each}
        found |= {key.name: read(self.config, key.path)[0] for key in self.keys.values() if key.each}
        found |= dict(zip(BATCH, (ROWS, LENGTH), strict=True))
        changed_too = {
            other.name for name in doubled if name in self.keys for other in self.keys.values() if other.path in self.keys[name].others
        }
        return {name: 2 * value if name in doubled or name in changed_too else value for name, value in found.items()}

    def moving(self, variant: Variant, candidates: list[str]) -> list[str]:
        """The keys on which anything depends."""
        base = self.pieces(variant)
        found = []
        for name in [*BATCH, *candidates]:
            try:
                other = self.pieces(variant, (name,))
            except Exception as error:
                self.failed[name] = f"{type(error).__name__}: {str(error).splitlines()[-1][:90]}"
                continue
            if other.keys() != base.keys() or any(
                [each.bytes for each in other[key].storages] != [each.bytes for each in base[key].storages]
                or other[key].shape != base[key].shape
                for key in base
            ):
                found.append(name)
        return found

    def piece(self, variant: Variant, name: str, moving: list[str]) -> Piece:
        """One piece with formulas. Raises `Unexplained`."""
        if self.refused:
            raise Unexplained(f"cannot double {', '.join(self.refused)}")
        base = self.pieces(variant)[name]
        if base.problems:
            raise Unexplained(f"{name}: {base.problems[0]}")
        seen: dict[str, RawPiece] = {}
        for key in moving:
            other = self.pieces(variant, (key,))[name]
            if other.shape != base.shape:
                raise Unexplained(f"{name}: another program with {key} doubled")
            seen[key] = other
        values = self.values()
        known: dict[tuple[int, ...], str | None] = {}
        formulas: list[str | None] = []
        for number, storage in enumerate(base.storages):
            row = (storage.bytes, *(other.storages[number].bytes for other in seen.values()))
            if row not in known:
                moved = {key: other.storages[number].bytes for key, other in seen.items() if other.storages[number].bytes != storage.bytes}

                def at(doubled: Doubled, number: int = number) -> int:
                    return self.pieces(variant, tuple(sorted(doubled)))[name].storages[number].bytes

                try:
                    known[row] = formula_of(storage.bytes, moved, at, values)
                except Unexplained as error:
                    raise Unexplained(f"{name}: {storage.name}: {error}") from error
            formulas.append(known[row])
        self.verify(variant, name, formulas, moving)
        return written(base, formulas)

    def verify(self, variant: Variant, name: str, formulas: list[str | None], moving: list[str]) -> None:
        """Holds the formulas against a run with every key doubled that may be."""
        doubled = self.together(variant, moving)
        storages = self.pieces(variant, doubled)[name].storages
        values = self.values(doubled)
        if len(storages) != len(formulas):
            raise Unexplained(f"{name}: another program with all keys doubled")
        for storage, formula in zip(storages, formulas, strict=True):
            if formula is not None and not holds(formula, values, storage.bytes):
                raise Unexplained(f"{name}: {storage.name} is {formula}, and is {storage.bytes} with all keys doubled")

    def together(self, variant: Variant, moving: list[str]) -> Doubled:
        """As many of the keys as the class lets be doubled at once."""
        if not hasattr(self, "_together"):
            chosen: list[str] = []
            for name in sorted(moving):
                try:
                    self.pieces(variant, tuple([*chosen, name]))
                except Exception:
                    continue
                chosen.append(name)
            self._together = tuple(chosen)
        return self._together


def written(base: RawPiece, formulas: list[str | None]) -> Piece:
    """The piece without what counts for nothing and what can never be its peak, tensors numbered as they come to be."""
    kept = moments(base.forward)[-1].alive
    forward = prune(base.forward, lambda number: formulas[number], frozenset())
    backward = prune(base.backward, lambda number: formulas[number], kept)
    piece = Piece(keeps_input=base.keeps_input, shares_gradient=base.shares_gradient)
    numbers: dict[int, int] = {}

    def renumbered(events: list[Any]) -> list[Any]:
        for event in events:
            if isinstance(event, int) and event >= 0:
                numbers[event] = len(piece.tensors)
                piece.tensors.append((base.storages[event].name, formulas[event] or ""))
        return [event if isinstance(event, str) else numbers[event] if event >= 0 else ~numbers[~event] for event in events]

    piece.forward, piece.backward = renumbered(forward), renumbered(backward)
    piece.lasting = [(base.storages[number].name, formula) for number in base.lasting if (formula := formulas[number])]
    return piece


def candidates_of(home: Home) -> list[str]:
    """The keys of a config that may change a size."""
    return [key.name for key in home.usable if not PATTERN.search(key.name)]
