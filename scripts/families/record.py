"""The record of one family: its tensors with formulas for shapes, the conditions under which they are there, their kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from families.build import Path, Snapshot, build, changed, read, spelled
from families.formula import Unexplained
from families.kinds import kind_of
from families.probe import NO_SIZE, Home, condition, keys_of, tied_keys

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


def bare_modules(snapshot: Snapshot) -> dict[str, tuple[int, ...]]:
    """The modules that hold no parameter, not even in a module inside them."""
    owners = {name[:end] for name in [*snapshot.parameters, *snapshot.tied] for end in dots(name)}
    return {f"{name}": () for name in snapshot.modules if name not in owners}


def dots(name: str) -> list[int]:
    return [index for index, letter in enumerate(name) if letter == "."]


def everything(snapshot: Snapshot) -> dict[tuple[str, str], tuple[int, ...]]:
    """Sort and name → shape, of parameters, buffers and modules without parameters."""
    found = {("parameter", name): shape for name, shape in snapshot.parameters.items()}
    found |= {("buffer", name): shape for name, shape in snapshot.buffers.items()}
    found |= {("module", name): shape for name, shape in bare_modules(snapshot).items()}
    return found


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


def record(part: Part, notes: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """
    The record of a language model.

    Returns:
        the record, and what could not be explained.
    """
    problems: list[str] = []
    text_key = ".".join(map(str, part.path))
    each = set(notes.get("each", []))
    keys = [key for key in keys_of(part.config, each) if key.path[: len(part.path)] == part.path]
    keys = tied_keys(keys, notes.get("together", []))

    def is_own(name: str) -> bool:
        return not part.path or name.startswith(part.prefix) or name.startswith("lm_head")

    def canonical(name: str) -> str:
        return "model." + name.removeprefix(part.prefix) if name.startswith(part.prefix) else name

    homes = [(Home(part.class_name, part.config, keys), [])]
    rows: dict[tuple[str, str, tuple[str, ...]], dict[str, Any]] = {}
    order: list[tuple[str, str, tuple[str, ...]]] = []
    seen: set[tuple[str, str, tuple[int, ...]]] = set()
    first = homes[0][0].base
    switched: dict[str, Snapshot] = {}
    for name, changes in toggles(homes[0][0], part.path).items():
        try:
            switched[name] = build(part.class_name, changed(part.config, changes))
        except Exception:
            continue
        if follows(switched[name], name, changes):
            continue
        new = {
            (sort, tensor, shape)
            for (sort, tensor), shape in everything(switched[name]).items()
            if is_own(tensor) and everything(first).get((sort, tensor)) != shape
        }
        if new:
            other = changed(part.config, changes)
            left = [key for key in keys_of(other, each) if key.path[: len(part.path)] == part.path]
            left = tied_keys(left, notes.get("together", []))
            homes.append((Home(part.class_name, other, left), [(name, changes)]))
    for home, switches in homes:
        base = everything(home.base)
        resolved = home.base.config
        for step in part.path:
            resolved = getattr(resolved, str(step))
        depth = layer_count(home.base, part.prefix)
        attributes = measured_lists(home.base, part.prefix, depth, notes) | layer_lists(resolved, depth)
        groups: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], set[int] | None] = {}
        for (sort, tensor), shape in base.items():
            if not is_own(tensor) or (sort, tensor, shape) in seen:
                continue
            seen.add((sort, tensor, shape))
            name, layer = template(tensor)
            flags = flags_of(sort, tensor, shape, home, switches, part)
            if flags is None:
                continue
            try:
                dims = tuple(own_formula(dim, text_key) for dim in home.dims(tensor, layer)) if sort != "module" else ()
            except Unexplained as error:
                problems.append(f"{tensor} {list(shape)}: {error}")
                continue
            at = groups.setdefault((sort, canonical(name), dims, flags), None if layer is None else set())
            if at is not None and layer is not None:
                at.add(layer)
        for (sort, name, dims, flags), layers in groups.items():
            when: list[str] = [own_formula(flag, text_key) for flag in flags]
            if layers is not None:
                chosen = condition(attributes, layers, depth)
                if chosen is None:
                    problems.append(f"{name}: layers {sorted(layers)} of {attributes}")
                    continue
                when = [*chosen, *when]
            key = (sort, name, dims)
            if key not in rows:
                order.append(key)
                rows[key] = {"when": when}
            elif rows[key]["when"] != when:
                rows[key] = {"when": either(rows[key]["when"], when)}
        problems += [f"cannot double {key}: {why}" for key, why in home.failed.items() if "+" not in key and not switches]
    tensors = []
    modules = []
    places = {name: place for place, name in enumerate(in_order([home.base for home, _ in homes]))}
    order.sort(key=lambda key: places.get(original(key[1], part.prefix), len(places)))
    for sort, name, dims in order:
        when = " && ".join(rows[(sort, name, dims)]["when"])
        if sort == "module":
            modules.append([name, when] if when else [name])
            continue
        row = {"name": name, "kind": kind_of(name, sort, first.parameters), "shape": list(dims)}
        if sort == "buffer":
            row["buffer"] = True
        if when:
            row["when"] = when
        tensors.append(row)
    return {"tensors": tensors, "modules": modules}, problems


def original(name: str, prefix: str) -> str:
    return prefix + name.removeprefix("model.") if name.startswith("model.") else name


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


def own_formula(text: str, part: str) -> str:
    return text.replace(part + ".", "") if part else text


def flags_of(
    sort: str, tensor: str, shape: tuple[int, ...], home: Home, switches: list, part: Part
) -> tuple[str, ...] | None:
    """The switches that a tensor needs as they are."""
    found = []
    for name, changes in switches:
        found.append(literal(name, next(iter(changes.values()))))
    done = {name for name, _ in switches}
    for name, other in home_switches(home, part).items():
        if name in done or other is None:
            continue
        if everything_cached(other).get((sort, tensor)) != shape:
            value = read_resolved(home.base, name)
            found.append(literal(name, value))
    return tuple(found)


_cache: dict[int, dict] = {}


def everything_cached(snapshot: Snapshot) -> dict:
    if id(snapshot) not in _cache:
        _cache[id(snapshot)] = everything(snapshot)
    return _cache[id(snapshot)]


def home_switches(home: Home, part: Part) -> dict[str, Snapshot | None]:
    if not hasattr(home, "switched"):
        found: dict[str, Snapshot | None] = {}
        for name, changes in toggles(home, part.path).items():
            try:
                snapshot = build(home.class_name, changed(home.config, changes))
                found[name] = None if follows(snapshot, name, changes) else snapshot
            except Exception:
                found[name] = None
        home.switched = found
    return home.switched


def follows(snapshot: Snapshot, name: str, changes: dict[Path, Any]) -> bool:
    """Whether null stands for a value that the class works out."""
    (value,) = changes.values()
    return value is None and read_resolved(snapshot, name) is not None


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
