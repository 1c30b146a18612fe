"""The operations of one family: kinds of layers, and for each way to compute them a piece."""

from __future__ import annotations

import gc
import re
import time
from dataclasses import dataclass, field
from typing import Any

from extract_families import default_of, names_in, part_of
from families.build import Path, changed, made, spelled
from families.notes import NOTES
from families.probe import Home
from families.record import Part, Reader, literal, read_resolved, toggles
from operations import kernels
from operations.fitting import Unexplained
from operations.probe import Piece, Prober, Variant, candidates_of
from operations.run import POLICIES
from operations.variants import (
    BESIDE,
    FIXED,
    NEVER,
    NO_FLAGS,
    VALUES,
    is_one_width,
    like,
    published_of,
    relations_of,
    spread,
    tied_sizes,
    windows_of,
    with_sections,
)

COMPUTE = ("bfloat16", "float32")

# In the order in which a file lists them: compute format, kernels, policy.
WAYS = [Variant(compute, on_gpu, policy) for compute in COMPUTE for on_gpu in (False, True) for policy in POLICIES]

FIRST = WAYS[0]

# Flags and numbers that what a micro-batch of training allocates does not depend on.
NO_COMPUTATION = re.compile(r"(^|\.)(output_|use_cache|return_|tie_|router_aux|router_jitter|num_nextn|pretraining_tp|pad_|bos_|eos_|.*dropout|.*_range|add_cross)")


@dataclass
class Kind:
    """Layers that allocate the same. `when`: what holds of layer `i`."""

    when: str
    layers: list[int]
    # A piece for each of `WAYS`, or why there is none.
    pieces: list[Piece | str] = field(default_factory=list)


@dataclass
class Program:
    """A family at one setting of its flags. `when`: what must hold of the config and the batch."""

    when: list[str]
    kinds: list[Kind]
    before: list[Piece | str]
    behind: list[Piece | str]


@dataclass
class Operations:
    model_type: str
    programs: list[Program]
    # What the class takes for a key that a condition names, where config.json has none.
    defaults: dict[str, Any]
    # The family's type under which Liger knows it.
    has_liger: bool = False


@dataclass
class _Setting:
    """A config that is recorded."""

    config: dict[str, Any]
    when: list[str]
    reader: Reader
    home: Home
    prober: Prober
    moving: list[str]
    kinds: list[Kind]


def operations(model_type: str, formats: tuple[str, ...] = COMPUTE) -> Operations:
    started = time.time()
    # What is imported stays: collecting it before each run took most of the time.
    gc.freeze()
    part = part_of(model_type)
    notes = NOTES.get(model_type, {})
    settings = settings_of(part, notes)
    pieces: dict[int, dict[Variant, dict[str, Piece | str]]] = {number: {} for number in range(len(settings))}
    has_liger = False
    for on_gpu in (False, True):
        if on_gpu:
            has_liger = kernels.use_liger(model_type)
            kernels.use_gpu_attention()
        for number, setting in enumerate(settings):
            for way in [way for way in WAYS if way.on_gpu == on_gpu]:
                names = ["before", "behind", *(str(kind.layers[0]) for kind in setting.kinds)]
                unread = dict.fromkeys(names, f"{way.compute} was not recorded")
                pieces[number][way] = pieces_of(setting, way, names) if way.compute in formats else unread
    programs = []
    for number, setting in enumerate(settings):
        for kind in setting.kinds:
            kind.pieces = [pieces[number][way][str(kind.layers[0])] for way in WAYS]
        setting.kinds = merged(setting)
        before, behind = ([pieces[number][way][name] for way in WAYS] for name in ("before", "behind"))
        programs.append(Program(setting.when, setting.kinds, before, behind))
    unknown = {piece for program in programs for kind in program.kinds for piece in kind.pieces if isinstance(piece, str)}
    runs = sum(setting.prober.runs for setting in settings)
    print(
        f"{len(programs)} programs, kinds {[len(program.kinds) for program in programs]}, {runs} runs, "
        f"{time.time() - started:.0f} s, unknown: {sorted(unknown) or 'nothing'}"
    )
    config = part.config["text_config"] if part.path else part.config
    return Operations(model_type, programs, defaults_of(model_type, config, programs), has_liger)


def merged(setting: _Setting) -> list[Kind]:
    """Kinds of layers that turned out to be the same once formulas stood for bytes, as one."""
    found: dict[str, Kind] = {}
    for kind in setting.kinds:
        key = repr([piece if isinstance(piece, str) else piece.key() for piece in kind.pieces])
        known = found.get(key)
        words = known and setting.reader.layers_in_words(setting.home, {*known.layers, *kind.layers})
        if known is None or words is None:
            found[key if known is None else f"{key} {kind.when}"] = kind
        else:
            found[key] = Kind(" && ".join(words), sorted([*known.layers, *kind.layers]), known.pieces)
    return list(found.values())


def pieces_of(setting: _Setting, way: Variant, names: list[str]) -> dict[str, Piece | str]:
    found: dict[str, Piece | str] = {}
    for name in names:
        try:
            found[name] = setting.prober.piece(way, name, setting.moving)
        except Unexplained as error:
            found[name] = str(error)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {str(error).splitlines()[-1][:120]}"
    return found


def settings_of(part: Part, notes: dict[str, Any]) -> list[_Setting]:
    """Every config that shows another program, the published ones first."""
    own = part.config["text_config"] if part.path else part.config
    own = spread(own)
    configs = []
    for name, published in published_of(own["model_type"]):
        try:
            config = like(own, published)
            made(own["model_type"], config)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error)[:80]}")
        else:
            configs += [config] if config not in configs else []
    found: list[_Setting] = []
    known: set[str] = set()
    beside = [own | changes for changes in BESIDE.get(own["model_type"], [])]
    for config in [*(configs or [own]), *beside]:
        windows = windows_of(config)
        for short in [False, *([True] if windows else [])]:
            chosen = config | ({key: NEVER for key in windows} if short else {})
            setting = setting_of(part, notes, chosen)
            if short and same(setting, found[-1]):
                continue
            limits = [f"{key} {'>=' if short else '<'} length" for key in windows]
            setting.when = relations_of(config) + flags_of(setting) + (limits if short else [])
            key = repr((setting.when, [(kind.when, setting.prober.pieces(FIRST)[str(kind.layers[0])].shape) for kind in setting.kinds]))
            if short and found:
                found[-1].when += [text.replace(">=", "<") for text in limits]
            if key not in known:
                known.add(key)
                found.append(setting)
    return found


def same(one: _Setting, other: _Setting) -> bool:
    first, second = (
        {name: (piece.shape, [each.bytes for each in piece.storages]) for name, piece in setting.prober.pieces(FIRST).items()}
        for setting in (one, other)
    )
    return first == second


def setting_of(part: Part, notes: dict[str, Any], config: dict[str, Any]) -> _Setting:
    whole = changed(part.config, {part.path: config}) if part.path else config
    prefix = f"{'.'.join(map(str, part.path))}." if part.path else ""
    together = [[prefix + name for name in names] for names in tied_sizes(config)]
    notes = notes | {"together": [*notes.get("together", []), *together]}
    reader = Reader(Part(part.class_name, whole, part.prefix, part.path), notes)
    home = reader.home(whole)
    # One group of experts is no group: the class takes another way, and a condition says so.
    single = {f"{prefix}{key}" for key in ("n_group", "topk_group") if config.get("n_group") == 1}
    fixed = single | {f"{prefix}{key}" for key in [*FIXED.get(config["model_type"], ()), *([VALUES] if is_one_width(config) else [])]}
    candidates = [name for name in candidates_of(home) if name not in fixed]
    keys = with_sections(home.keys, config, part.path)
    prober = Prober(part, whole, keys)
    if prober.is_looping(FIRST):
        prober = Prober(part, whole, keys, loops=True)
    groups: dict[str, list[int]] = {}
    base = prober.pieces(FIRST)
    for name, piece in base.items():
        if name.isdigit():
            groups.setdefault(repr((piece.shape, [each.bytes for each in piece.storages])), []).append(int(name))
    kinds = []
    for layers in groups.values():
        words = reader.layers_in_words(home, set(layers))
        if words is None:
            raise Unexplained(f"no words for the layers {layers} of {len(base) - 2}")
        kinds.append(Kind(" && ".join(words), layers))
    prober.count = min(len(base) - 2, max(kind.layers[0] for kind in kinds) + 2)
    moving = prober.moving(FIRST, candidates)
    prober.refused = sorted(prober.failed)
    return _Setting(config, [], reader, home, prober, moving, kinds)


def flags_of(setting: _Setting) -> list[str]:
    """The flags, and sizes that may be null, without which the config would be computed otherwise."""
    home = setting.home
    base = setting.prober.pieces(FIRST)
    found = []
    for name, changes in {**toggles(home, setting.prober.part.path), **optional_floats(setting)}.items():
        if name.rpartition(".")[2] in NO_FLAGS or NO_COMPUTATION.search(name):
            continue
        other = Prober(setting.prober.part, changed(setting.prober.config, changes), [], setting.prober.loops)
        other.count = setting.prober.count
        try:
            turned = other.pieces(FIRST)
        except Exception:
            continue
        if any(turned[key].shape != piece.shape for key, piece in base.items() if key in turned):
            own = setting.reader.own_formula(name)
            found.append(literal(own, read_resolved(home.base, name)))
    return found


def optional_floats(setting: _Setting) -> dict[str, dict[Path, Any]]:
    """Another value for each number that may be null and is: a limit, a cap."""
    config, path = setting.home.base.config, setting.prober.part.path
    for step in path:
        config = getattr(config, str(step))
    fields = type(config).__dataclass_fields__
    keys = [key for key, each in fields.items() if "float" in str(each.type) and getattr(config, key, 0) is None]
    return {spelled((*path, key)): {(*path, key): 1.0} for key in keys}


def defaults_of(model_type: str, config: dict[str, Any], programs: list[Program]) -> dict[str, Any]:
    conditions = [text for program in programs for text in program.when]
    found = {}
    for key in sorted(names_in(conditions) - {"length"}):
        value = default_of(model_type, config, key)
        if value is None:
            without = {name: each for name, each in config.items() if name != key}
            try:
                value = getattr(made(model_type, without), key, None)
            except Exception:
                continue
        if isinstance(value, (bool, int, float, str)):
            found[key] = value
    return found
