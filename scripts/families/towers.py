"""The parts of a model beside its language model, which only count: how many tensors of which shape there are."""

from __future__ import annotations

import re
from typing import Any

from families.build import Path, Snapshot, build, changed, spelled
from families.formula import Unexplained
from families.probe import NO_TOWER_SIZE, Home, keys_of, linked
from families.record import read_resolved

# Keys that no tensor of these parts depends on.
OTHER = re.compile(r"talker_config|^text_config\.(?!hidden_size$)")

# Tensors of which there are as many as a list of the config has items.
LISTED = {".deepstack_merger_list.": "len(vision_config.deepstack_visual_indexes)"}

NUMBER = re.compile(r"\.\d+(?=\.|$)")


def is_text(name: str, prefix: str, heads: tuple[str, ...]) -> bool:
    return name.startswith(prefix) or name.startswith(heads)


def pattern(name: str) -> str:
    """A name whose first number is open."""
    return NUMBER.sub(".{layer}", name, count=1)


def switches(config: Any, at: Path = ()) -> dict[str, dict[Path, Any]]:
    """Flags and parts of a config, with other values; nothing of the language model."""
    found: dict[str, dict[Path, Any]] = {}
    for key, value in config.items():
        path = (*at, key)
        if key in ("text_config", "talker_config", "code2wav_config"):
            continue
        if isinstance(value, dict) and key.endswith("_config"):
            found[spelled(path)] = {path: None}
            found |= switches(value, path)
        elif isinstance(value, bool) and key not in ("use_cache", "return_dict", "is_encoder_decoder", "tie_word_embeddings"):
            found[spelled(path)] = {path: not value}
    return found


def parameters(snapshot: Snapshot, prefix: str, heads: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    return {name: shape for name, shape in snapshot.parameters.items() if not is_text(name, prefix, heads)}


def towers(class_name: str, config: dict[str, Any], prefix: str, heads: tuple[str, ...]) -> tuple[list[dict], list[str]]:
    """The tensors of every other part, with formulas for their dims and their number, and what could not be explained."""
    problems: list[str] = []
    keys = [key for key in keys_of(config, set(), (), NO_TOWER_SIZE) if not OTHER.search(key.name)]
    home = linked(Home(class_name, config, keys))
    base = parameters(home.base, prefix, heads)
    flags: dict[str, list[str]] = {name: [] for name in base}
    for switch, changes in switches(home.base.config.to_dict()).items():
        try:
            snapshot = build(class_name, changed(config, changes))
        except Exception:
            continue
        (value,) = changes.values()
        if value is None and read_resolved(snapshot, switch) is not None:
            continue  # the class makes the part anew
        other = parameters(snapshot, prefix, heads)
        for name, shape in base.items():
            if other.get(name) != shape:
                flags[name].append(switch if not value else f"!{switch}")
        if more := other.keys() - base.keys():
            problems.append(f"{len(more)} tensors are there with {switch} changed only, {min(more)} the first")
    listed_rows: list[dict[str, Any]] = []
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for name in base:
        try:
            groups.setdefault((pattern(name), tuple(home.dims(name, None)), tuple(flags[name])), []).append(name)
        except Unexplained as error:
            problems.append(f"{name} {list(base[name])}: {error}")
    for open_name, dims, when in list(groups):
        listed = next((text for part, text in LISTED.items() if part in open_name), None)
        if listed is not None:
            listed_rows.append({**row(open_name, dims, when), "repeat": listed})
            del groups[(open_name, dims, when)]
    alike: dict[str, int] = {}
    for open_name, _, _ in groups:
        alike[open_name] = alike.get(open_name, 0) + 1
    rows = listed_rows
    for (open_name, dims, when), names in groups.items():
        if "{layer}" not in open_name or alike[open_name] > 1:
            rows += [row(name, dims, when) for name in names]
            continue
        try:
            count = home.count(
                len(names), lambda snapshot: sum(pattern(name) == open_name for name in parameters(snapshot, prefix, heads))
            )
        except Unexplained as error:
            problems.append(f"number of {open_name}: {error}")
            continue
        if count == "1":
            rows += [row(name, dims, when) for name in names]
        else:
            rows.append({**row(open_name, dims, when), "repeat": count})
    problems += [f"cannot double {key}: {why}" for key, why in home.failed.items() if "+" not in key]
    return rows, problems


def row(name: str, dims: tuple[str, ...], when: tuple[str, ...]) -> dict[str, Any]:
    return {"name": name, "shape": list(dims), **({"when": " && ".join(when)} if when else {})}
