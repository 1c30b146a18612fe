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
from operations.fitting import BATCH, Unexplained, counts, formula_of, holds, scaled
from operations.pieces import Cutter, RawPiece
from operations.prune import moments, prune
from operations.run import Recorded
from operations.summed import summed
from operations.tape import collect
from operations.variants import VALUES, is_one_width, width_of_queries

# Three rows, so that products of different keys stay apart.
ROWS, LENGTH = 3, 64

# Of layers that loop over pieces of a row: four of them, from which on the loop's program stays the same.
LOOPED = 256

# Of a row three times as long: what is the sum of a square and a line goes through the same two points as a line.
TRIPLED = "length x 3"

# Keys that say which layers are of which kind, or that name no size.
PATTERN = re.compile(r"(step|interval|freq|offset|replace|dense_layers|_layer_start|_layer_end|hash_layers|nextn|mtp|version|every|period|only|moe_layers|pattern)")

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

    def __init__(self, part: Part, config: dict[str, Any], keys: list[Key], loops: bool = False) -> None:
        """`loops`: layers compute piece by piece of a row, as often as it is long."""
        self.part, self.config, self.loops = part, config, loops
        self.batch = (ROWS, LOOPED if loops else LENGTH)
        self.keys = {key.name: key for key in keys}
        self.failed: dict[str, str] = {}
        # Sizes on which something may depend, and that the class does not run with doubled.
        self.refused: list[str] = []
        # Formulas of what was read before, and the same in other formats.
        self.formulas: set[str] = set()
        # Layers that are run: all, until it is known which of them differ.
        self.count: int | None = None
        self._pieces: dict[tuple[Variant, Doubled], dict[str, RawPiece] | Exception] = {}
        self.runs = 0

    def pieces(self, variant: Variant, doubled: Doubled = ()) -> dict[str, RawPiece]:
        """Piece by name: "before", "behind" and the numbers of layers. Raises what the class raises."""
        key = (variant, doubled)
        if key not in self._pieces:
            try:
                self._pieces[key] = self.recorded(variant, doubled)
            except Exception as error:
                self._pieces[key] = error
        found = self._pieces[key]
        if isinstance(found, Exception):
            raise found
        return found

    def attempt(self, variant: Variant, doubled: list[str]) -> dict[str, RawPiece] | Exception:
        try:
            return self.pieces(variant, tuple(doubled))
        except Exception as error:
            return error

    def recorded(self, variant: Variant, doubled: Doubled) -> dict[str, RawPiece]:
        changes: dict[Path, Any] = {}
        for name in doubled:
            if name in self.keys:
                changes |= self.keys[name].doubled(self.config)
        config = changed(self.config, changes)
        own = read(config, self.part.path)
        if is_one_width(read(self.config, self.part.path)):
            config = changed(config, {(*self.part.path, VALUES): width_of_queries(own)})
        config = made(self.config["model_type"], config)
        dtype = getattr(torch, variant.compute)
        model = Recorded(self.part.class_name, config, self.part.prefix, dtype, variant.policy, self.count)
        rows, length = self.batch_of(doubled)
        self.runs += 1
        if self.runs % 16 == 0:
            collect()
        items, gradients = model.tape(rows, length, variant.on_gpu)
        cutter = Cutter(items, gradients)
        found = {str(index): cutter.layer(index) for index in range(cutter.count)}
        found |= {"before": cutter.before(), "behind": cutter.behind()}
        return {key: summed(piece) for key, piece in found.items()} if self.loops else found

    def values(self, doubled: Doubled = ()) -> dict[str, int]:
        found = {name: read(self.config, key.path) for name, key in self.keys.items() if not key.each}
        found |= {key.name: read(self.config, key.path)[0] for key in self.keys.values() if key.each}
        changed_too = {
            other.name for name in doubled if name in self.keys for other in self.keys.values() if other.path in self.keys[name].others
        }
        found = {name: 2 * value if name in doubled or name in changed_too else value for name, value in found.items()}
        return found | dict(zip(BATCH, self.batch_of(doubled), strict=True))

    def batch_of(self, doubled: Doubled) -> tuple[int, ...]:
        """Rows and length of a micro-batch."""
        rows, length = (size * (2 if name in doubled else 1) for name, size in zip(BATCH, self.batch, strict=True))
        return rows, length * (3 if TRIPLED in doubled else 1)

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
            if any(
                [each.bytes for each in piece.storages] != [each.bytes for each in base[key].storages]
                or piece.shape != base[key].shape
                for key, piece in other.items()
            ):
                found.append(name)
        return found

    def is_looping(self, variant: Variant) -> bool:
        """Whether a row of twice the length makes another program."""
        once, twice = self.pieces(variant), self.pieces(variant, ("length",))
        return any(twice[key].shape != piece.shape for key, piece in once.items())

    def piece(self, variant: Variant, name: str, moving: list[str]) -> Piece:
        """One piece with formulas. Raises `Unexplained`."""
        if self.refused:
            raise Unexplained(f"cannot double {', '.join(self.refused)}")
        base = self.pieces(variant)[name]
        if base.problems:
            raise Unexplained(f"{name}: {base.problems[0]}")
        if self.formulas and (recognized := self.recognized(variant, name, moving)) is not None:
            return recognized
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
        for formula in filter(None, formulas):
            self.formulas |= scaled(formula)
        return written(base, self.own(formulas))

    def recognized(self, variant: Variant, name: str, moving: list[str]) -> Piece | None:
        """
        The piece with formulas that others of this family have, where they fit: seen at few runs, in each of which the keys are doubled
        whose number has a bit of its own. None where another formula is needed, or several fit.
        """
        base = self.pieces(variant)[name]
        bits = len(moving).bit_length()
        codes = [(TRIPLED,)] + [tuple(key for place, key in enumerate(moving, 1) if place >> bit & 1) for bit in range(bits)]
        try:
            others = [(self.values(code), self.pieces(variant, code)[name]) for code in codes]
        except Exception:
            return None
        if any(other.shape != base.shape for _, other in others):
            return None
        runs = [(self.values(), base), *others]
        known: dict[tuple[int, ...], str | None] = {}
        for number in range(len(base.storages)):
            seen = tuple(piece.storages[number].bytes for _, piece in runs)
            if seen in known:
                continue
            if len(set(seen)) == 1 and not counts(seen[0]):
                known[seen] = None
                continue
            fitting = [
                formula
                for formula in self.formulas
                if all(holds(formula, values, size) for (values, _), size in zip(runs, seen, strict=True))
            ]
            if len(fitting) != 1:
                return None
            known[seen] = fitting[0]
        formulas = [known[tuple(piece.storages[number].bytes for _, piece in runs)] for number in range(len(base.storages))]
        return written(base, self.own(formulas))

    def own(self, formulas: list[str | None]) -> list[str | None]:
        """The same over the keys of the language model, wherever its config lies."""
        prefix = "".join(f"{step}." for step in self.part.path)
        return [formula and formula.replace(prefix, "") for formula in formulas] if prefix else formulas

    def verify(self, variant: Variant, name: str, formulas: list[str | None], moving: list[str]) -> None:
        """Holds the formulas against a run with every key doubled that may be, and one with longer rows."""
        for doubled in (self.together(variant, moving), (TRIPLED,)):
            storages = self.pieces(variant, doubled)[name].storages
            values = self.values(doubled)
            if len(storages) != len(formulas):
                raise Unexplained(f"{name}: another program with {', '.join(doubled)} doubled")
            for storage, formula in zip(storages, formulas, strict=True):
                if formula is not None and not holds(formula, values, storage.bytes):
                    raise Unexplained(f"{name}: {storage.name} is {formula}, and is {storage.bytes} with {', '.join(doubled)}")

    def together(self, variant: Variant, moving: list[str]) -> Doubled:
        """As many of the keys as the class lets be doubled at once."""
        if not hasattr(self, "_together"):
            chosen = sorted(moving)
            if isinstance(self.attempt(variant, chosen), Exception):
                chosen = []
                for name in sorted(moving):
                    if not isinstance(self.attempt(variant, [*chosen, name]), Exception):
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
