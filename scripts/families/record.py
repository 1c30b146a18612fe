"""The record of one family: its tensors with formulas for shapes, the conditions under which they are there, their kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from families.build import Path, Snapshot, build, changed, read, spelled
from families.formula import Unexplained
from families.kinds import kind_of
from families.probe import NO_SIZE, Home, condition, keys_of, linked, tied_keys

# Sizes that every model has, and those for which null means that they follow from others.
NEVER_NULL = {
    "hidden_size",
    "vocab_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "num_experts_per_tok",
    "max_position_embeddings",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
    "intermediate_size",
}

LAYER = re.compile(r"(?<=layers\.)\d+(?=\.|$)")


@dataclass
class Part:
    """A model whose names begin with `prefix` and whose config lies at `config`, in the class that is built."""

    class_name: str
    config: dict[str, Any]
    prefix: str
    path: Path = ()


def template(name: str) -> tuple[str, int | None]:
    """A name with its layer open, and the layer."""
    found = LAYER.search(name)
    if found is None:
        return name, None
    return name[: found.start()] + "{layer}" + name[found.end() :], int(found.group())


def toggles(home: Home, at: Path = ()) -> dict[str, dict[Path, Any]]:
    """Other values of the switches: flags, sizes that may be null, and nulls that may be sizes."""
    found: dict[str, dict[Path, Any]] = {}
    config = home.base.config
    resolved = config.to_dict()
    for part in at:
        resolved = resolved[part]
        config = getattr(config, str(part))
    fields = type(config).__dataclass_fields__
    for key, value in resolved.items():
        path = (*at, key)
        if isinstance(value, bool) and key not in ("use_cache", "return_dict", "tie_word_embeddings", "is_encoder_decoder"):
            found[spelled(path)] = {path: not value}
        elif value is None and key in fields and "int" in str(fields[key].type) and not NO_SIZE.search(key):
            found[spelled(path)] = {path: 12}
        elif isinstance(value, int) and key not in NEVER_NULL and spelled(path) in home.telling:
            found[spelled(path)] = {path: None}
    return found


@dataclass(frozen=True)
class Switch:
    """A flag or a key with another value, and the model that it makes."""

    name: str
    changes: dict[Path, Any]
    snapshot: Snapshot


def switches_of(home: Home, at: Path) -> list[Switch]:
    """Every switch of a home whose other value the class takes, and does not put its own in the place of."""
    found = []
    for name, changes in toggles(home, at).items():
        try:
            snapshot = build(home.class_name, changed(home.config, changes))
        except Exception:
            continue
        (value,) = changes.values()
        if value is not None or read_resolved(snapshot, name) is None:
            found.append(Switch(name, changes, snapshot))
    return found


class Reader:
    """Reads the record of one language model: at its small config, and with each switch turned that shows further tensors."""

    def __init__(self, part: Part, notes: dict[str, Any]) -> None:
        self.part = part
        self.notes = notes
        self.problems: list[str] = []
        # Sort, name and dims → the conditions under which it is there.
        self.found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        self.seen: set[tuple[str, str, tuple[int, ...]]] = set()

    def read(self) -> dict[str, Any]:
        first = self.home(self.part.config)
        switches = switches_of(first, self.part.path)
        self.read_home(first, switches, None)
        snapshots = [first.base]
        for switch in switches:
            if any(self.is_own(name) and first.base.everything.get((sort, name)) != shape
                   for (sort, name), shape in switch.snapshot.everything.items()):
                home = self.home(changed(self.part.config, switch.changes))
                self.read_home(home, switches_of(home, self.part.path), switch)
                snapshots.append(home.base)
        return self.written(snapshots)

    def home(self, config: dict[str, Any]) -> Home:
        keys = [key for key in keys_of(config, set(self.notes.get("each", []))) if self.is_inside(key.path)]
        return linked(Home(self.part.class_name, config, tied_keys(keys, self.notes.get("together", []))))

    def is_inside(self, path: Path) -> bool:
        return path[: len(self.part.path)] == self.part.path

    def is_own(self, name: str) -> bool:
        return not self.part.path or name.startswith(self.part.prefix) or name.startswith("lm_head")

    def canonical(self, name: str) -> str:
        return "model." + name.removeprefix(self.part.prefix) if name.startswith(self.part.prefix) else name

    def own_formula(self, text: str) -> str:
        """A formula over the language model's own keys, wherever its config lies."""
        return text.replace(".".join(map(str, self.part.path)) + ".", "") if self.part.path else text

    def read_home(self, home: Home, switches: list[Switch], turned: Switch | None) -> None:
        """Adds what a home shows for the first time."""
        groups: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], set[int] | None] = {}
        for (sort, tensor), shape in home.base.everything.items():
            if not self.is_own(tensor) or (sort, tensor, shape) in self.seen:
                continue
            self.seen.add((sort, tensor, shape))
            name, layer = template(tensor)
            try:
                dims = () if sort == "module" else tuple(self.own_formula(dim) for dim in home.dims(tensor, layer))
            except Unexplained as error:
                self.problems.append(f"{tensor} {list(shape)}: {error}")
                continue
            flags = flags_of((sort, tensor), shape, home, switches, turned)
            layers = groups.setdefault((sort, self.canonical(name), dims, flags), None if layer is None else set())
            if layers is not None and layer is not None:
                layers.add(layer)
        for (sort, name, dims, flags), layers in groups.items():
            chosen = [] if layers is None else self.layers_in_words(home, layers)
            if chosen is None:
                self.problems.append(f"{name}: layers {sorted(layers or ())}")
                continue
            when = [*chosen, *map(self.own_formula, flags)]
            known = self.found.setdefault((sort, name, dims), when)
            self.found[sort, name, dims] = known if known == when else either(known, when)
        if turned is None:
            self.problems += [f"cannot double {key}: {why}" for key, why in home.failed.items() if "+" not in key]

    def layers_in_words(self, home: Home, layers: set[int]) -> list[str] | None:
        resolved = home.base.config
        for step in self.part.path:
            resolved = getattr(resolved, str(step))
        depth = layer_count(home.base, self.part.prefix)
        lists = measured_lists(home.base, self.part.prefix, depth, self.notes) | layer_lists(resolved, depth)
        return condition(lists, layers, depth)

    def written(self, snapshots: list[Snapshot]) -> dict[str, Any]:
        places = {self.canonical(name): place for place, name in enumerate(in_order(snapshots))}
        tensors, modules = [], []
        for (sort, name, dims), conditions in sorted(
            self.found.items(), key=lambda item: places.get(item[0][1], len(places))
        ):
            when = " && ".join(conditions)
            if sort == "module":
                modules.append([name, when] if when else [name])
                continue
            row = {"name": name, "kind": kind_of(name), "shape": list(dims)}
            tensors.append(
                row | ({"buffer": True} if sort == "buffer" else {}) | ({"when": when} if when else {})
            )
        # A set has no order of its own: modules stand by their names.
        return {"tensors": tensors, "modules": sorted(modules)}


def record(part: Part, notes: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The record of a language model, and what could not be explained."""
    reader = Reader(part, notes)
    return reader.read(), reader.problems


def in_order(snapshots: list[Snapshot]) -> list[str]:
    """The names of tensors in the order of the state dict, as if every layer had all of them."""
    before: list[str] = []
    layer: list[str] = []
    after: list[str] = []
    for snapshot in snapshots:
        by_layer: dict[int, list[str]] = {}
        for tensor in snapshot.model.state_dict():
            name, number = template(tensor)
            if number is not None:
                by_layer.setdefault(number, []).append(name)
            elif name not in before and name not in after:
                (after if by_layer else before).append(name)
        for names in sorted(by_layer.values(), key=len, reverse=True):
            merge_into(layer, names)
    return [*before, *layer, *after]


def merge_into(known: list[str], names: list[str]) -> None:
    """Inserts each name that is not there behind the one that it follows."""
    for place, name in enumerate(names):
        if name not in known:
            known.insert(known.index(names[place - 1]) + 1 if place > 0 else 0, name)


def either(first: list[str], second: list[str]) -> list[str]:
    shared = [text for text in first if text in second]
    left = [text for text in first if text not in shared]
    right = [text for text in second if text not in shared]
    if not left or not right:
        return shared
    return [*shared, f"({' && '.join(left)} || {' && '.join(right)})"]


def flags_of(
    key: tuple[str, str], shape: tuple[int, ...], home: Home, switches: list[Switch], turned: Switch | None
) -> tuple[str, ...]:
    """The switches that a tensor needs as they are, the one that was turned to see it first."""
    found = [] if turned is None else [literal(turned.name, next(iter(turned.changes.values())))]
    for switch in switches:
        is_other = turned is None or switch.name != turned.name
        if is_other and switch.snapshot.everything.get(key) != shape:
            found.append(literal(switch.name, read_resolved(home.base, switch.name)))
    return tuple(found)


def literal(name: str, value: Any) -> str:
    return name if value else f"!{name}"


def read_resolved(snapshot: Snapshot, name: str) -> Any:
    value = snapshot.config.to_dict()
    for step in name.split("."):
        value = value[step]
    return value


def layer_count(snapshot: Snapshot, prefix: str) -> int:
    found = {int(match.group(1)) for name in snapshot.modules if (match := re.match(re.escape(prefix) + r"layers\.(\d+)$", name))}
    return max(found) + 1


def layer_lists(config: Any, count: int) -> dict[str, list[Any]]:
    found = {}
    for key in ("mlp_layer_types", "layer_types", "indexer_types", "moe_layers", "no_rope_layers"):
        value = getattr(config, key, None)
        if isinstance(value, list) and len(value) == count and len({str(item) for item in value}) > 1:
            found[key] = value
    return found


def measured_lists(snapshot: Snapshot, prefix: str, count: int, notes: dict[str, Any]) -> dict[str, list[Any]]:
    """What the lists that a family is given by hand say, as the model shows it: which layers hold routed experts."""
    if "mlp_layer_types" not in notes.get("lists", {}):
        return notes.get("measured", {})
    holds = {
        layer
        for name in snapshot.parameters
        if re.search(r"\.experts\.[a-z_0-9]*(down|output)", name) or ".experts.down_proj" in name
        for _, layer in [template(name)]
        if layer is not None and name.startswith(prefix)
    }
    return notes.get("measured", {}) | {
        "mlp_layer_types": ["sparse" if layer in holds else "dense" for layer in range(count)]
    }
