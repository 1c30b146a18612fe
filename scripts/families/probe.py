"""Finds out on what keys of its config each tensor of a model depends: whether it is there, in which layers, how large."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from families.build import Path, Snapshot, build, changed, read, spelled
from families.formula import Unexplained, fit

# Keys that give no size: ids of tokens, numbers of layers, lengths.
NO_SIZE = re.compile(
    r"(_token_id|_token_index|_id|num_hidden_layers|num_layers|max_position_embeddings|model_max_length|sliding_window"
    r"|sliding_window_size|max_window_layers|window_size|seed|_layers_block_type|per_layer_config.*)$|^rope_"
)

# Of the parts beside the language model, where the number of layers is a size like others.
NO_TOWER_SIZE = re.compile(r"(_token_id|_token_index|_id|max_position_embeddings|window_size)$|^rope_")


@dataclass(frozen=True)
class Key:
    """A whole number of a config; `each`: a list that gives one for every layer."""

    path: Path
    each: bool = False
    # Places that the class refuses unless they change with it.
    others: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        return spelled(self.path) + ("[i]" if self.each else "")

    def doubled(self, config: dict[str, Any]) -> dict[Path, Any]:
        value = read(config, self.path)
        changes = {self.path: [2 * item for item in value] if self.each else 2 * value}
        return changes | {path: 2 * read(config, path) for path in self.others}


def tied_keys(keys: list[Key], together: list[list[str]]) -> list[Key]:
    """Of keys that must change together, the first with the others behind it."""
    by_name = {key.name: key for key in keys}
    followers = {name for group in together for name in group[1:]}
    leaders = {group[0]: tuple(by_name[name].path for name in group[1:]) for group in together}
    return [replace(key, others=leaders.get(key.name, ())) for key in keys if key.name not in followers]


def keys_of(config: dict[str, Any], each: set[str], at: Path = (), ignored: re.Pattern = NO_SIZE) -> list[Key]:
    """The sizes in a config, also those of its parts and in its lists."""
    found: list[Key] = []
    for key, value in read(config, at).items():
        path = (*at, key)
        if ignored.search(key):
            continue
        if key in each:
            found.append(Key(path, each=True))
        elif isinstance(value, dict):
            found += keys_of(config, each, path, ignored)
        elif value is not None and isinstance(value, int) and not isinstance(value, bool) and value > 0:
            found.append(Key(path))
        elif isinstance(value, list) and len(value) <= 4:
            found += [Key((*path, i)) for i, item in enumerate(value) if type(item) is int and item > 0]
    return found


# What other parts call the width that they hand to the language model.
HANDED = ("out_hidden_size", "text_hidden_size", "adapter_out_dim", "output_dim")


def linked(home: Home) -> Home:
    """The same with the language model's width and those of the parts around it as one key, where the class asks for that."""
    width = ("text_config", "hidden_size")
    if home.snapshot((spelled(width),)) is not None or spelled(width) not in {key.name for key in home.keys}:
        return home
    size = read(home.config, width)
    parts = [name for name, part in home.config.items() if isinstance(part, dict) and name != width[0]]
    others = tuple((part, key) for part in parts for key in HANDED if home.config[part].get(key) == size)
    keys = [replace(key, others=(*key.others, *others)) if key.path == width else key for key in home.keys]
    return Home(home.class_name, home.config, keys)


@dataclass
class Home:
    """A config that is probed: every tensor of the model at doubled keys."""

    class_name: str
    config: dict[str, Any]
    keys: list[Key]
    failed: dict[str, str] = field(default_factory=dict)
    _built: dict[tuple[str, ...], Snapshot | None] = field(default_factory=dict)

    def snapshot(self, doubled: tuple[str, ...] = ()) -> Snapshot | None:
        if doubled not in self._built:
            chosen = [key for key in self.keys if key.name in doubled]
            changes = {path: value for key in chosen for path, value in key.doubled(self.config).items()}
            try:
                self._built[doubled] = build(self.class_name, changed(self.config, changes))
            except Exception as error:
                if not doubled:
                    raise
                self.failed["+".join(doubled)] = f"{type(error).__name__}: {str(error).splitlines()[-1][:90]}"
                self._built[doubled] = None
        return self._built[doubled]

    @property
    def base(self) -> Snapshot:
        snapshot = self.snapshot()
        assert snapshot is not None
        return snapshot

    @cached_property
    def usable(self) -> list[Key]:
        return [key for key in self.keys if self.snapshot((key.name,)) is not None]

    @cached_property
    def telling(self) -> set[str]:
        """The keys on which the shape of anything depends."""
        base = self.base
        found = set()
        for key in self.usable:
            other = self.snapshot((key.name,))
            if other is not None and (other.parameters != base.parameters or other.buffers != base.buffers):
                found.add(key.name)
        return found

    def values(self, layer: int | None) -> dict[str, int]:
        found = {}
        for key in self.keys:
            value = read(self.config, key.path)
            found[key.name] = value[layer or 0] if key.each else value
        return found

    def dims(self, name: str, layer: int | None) -> list[str]:
        """The formulas of a tensor's dims. Raises `Unexplained`."""
        base = self.base.shape(name)
        assert base is not None
        return [self._dim(name, dim, size, layer) for dim, size in enumerate(base)]

    def _dim(self, name: str, dim: int, size: int, layer: int | None) -> str:
        def at(doubled: tuple[str, ...]) -> int:
            snapshot = self.snapshot(tuple(sorted(doubled)))
            shape = None if snapshot is None else snapshot.shape(name)
            if shape is None or len(shape) <= dim:
                raise Unexplained(f"{name} is not there with {doubled} doubled")
            return shape[dim]

        def one(key: Key) -> int:
            snapshot = self.snapshot((key.name,))
            shape = None if snapshot is None else snapshot.shape(name)
            return shape[dim] if shape is not None and len(shape) > dim else size

        moved = {key.name: one(key) for key in self.usable if one(key) != size}
        return fit(size, moved, at, self.values(layer))

    def count(self, size: int, matching: Callable[[Snapshot], int]) -> str:
        """The formula of how many tensors there are of a kind. Raises `Unexplained`."""

        def at(doubled: tuple[str, ...]) -> int:
            snapshot = self.snapshot(tuple(sorted(doubled)))
            if snapshot is None:
                raise Unexplained(f"no model with {doubled} doubled")
            return matching(snapshot)

        moved = {key.name: at((key.name,)) for key in self.usable}
        return fit(size, {key: value for key, value in moved.items() if value != size}, at, self.values(None))


Condition = str


def condition(attributes: dict[str, list[Any]], layers: set[int], count: int) -> list[Condition] | None:
    """The layers among `count` by what their lists say of them: what must hold of layer `i`; None where nothing fits."""
    if layers == set(range(count)):
        return []
    texts: dict[str, Callable[[set[Any]], str]] = {}
    for name in attributes:
        texts[name] = lambda values, name=name: (
            f"{name}[i] == {next(iter(values))!r}"
            if len(values) == 1
            else f"{name}[i] in [{', '.join(repr(value) for value in sorted(values, key=str))}]"
        )
    sets = {}
    for name, values in attributes.items():
        wanted = {values[layer] for layer in layers}
        matched = {layer for layer in range(count) if values[layer] in wanted}
        sets[name] = (wanted, matched)
        if matched == layers:
            return [texts[name](wanted)]
    for first in sets:
        for second in sets:
            if first < second and sets[first][1] & sets[second][1] == layers:
                return [texts[name](sets[name][0]) for name in (first, second)]
    for text, matched in {
        "i == 0": {0},
        "i > 0": set(range(1, count)),
        "i == num_hidden_layers - 1": {count - 1},
        "i < num_hidden_layers - 1": set(range(count - 1)),
    }.items():
        if matched == layers:
            return [text]
        for name, (wanted, found) in sets.items():
            if found & matched == layers:
                return [texts[name](wanted), text]
    return None
