"""Writes the options of the installed trainer: src/trainers/trl/releases/MINOR/sft.json.

They depend on the installed transformers too, whose classes the trainer's inherit from. The first pair is written whole;
with another minor release of transformers only what is other with it goes to sft-THAT_MINOR.json beside it.

Everything in the file is read from the installed packages: names, types, defaults, legal values and the class that
defines each option (SFTConfig, or a class that it inherits from). The two tables below are the exceptions: what is
deprecated stands only in help texts and warnings, and the script fails when these speak of more than the tables do.
Running it twice writes the same bytes.

    python scripts/extract_trainer.py            writes the file
    python scripts/extract_trainer.py --check    exits 3 when the file in git is not what the packages say

With --output FOLDER the file goes there; what it is compared with is the first pair's file in git all the same.
"""

import argparse
import dataclasses
import enum
import inspect
import json
import sys
import types
import typing
from importlib.metadata import version
from pathlib import Path

from accelerate.parallelism_config import ParallelismConfig
from transformers.debug_utils import DebugOption
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.optimization import TYPE_TO_SCHEDULER_FUNCTION
from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK
from transformers.trainer_pt_utils import AcceleratorConfig
from trl import SFTConfig

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "src" / "trainers" / "trl" / "releases"

# Deprecated options: what to write instead, None where nothing takes the option's place.
DEPRECATED = {
    "gradient_checkpointing": "activation_checkpointing",
    "gradient_checkpointing_kwargs": "activation_checkpointing_kwargs",
    "local_rank": None,
    "pad_token": None,
    "use_liger_kernel": None,
}

# Deprecated values of options that are not deprecated themselves: what to write instead.
DEPRECATED_VALUES = {
    "loss_type": {"chunked_nll": "nll"},
    "packing_strategy": {"bfd-requeue": "bfd_split"},
    "truncation_mode": {"keep_end": "keep_start"},
}

SCALARS = {int: "int", float: "float", bool: "bool", str: "str", type(None): "none"}

# Options whose legal values are not in their type: where the class looks them up.
LOOKED_UP_VALUES = {
    "debug": [option.value for option in DebugOption],
    "include_num_input_tokens_seen": ["all", "non_padding", "no"],
    "report_to": ["all", "none", *INTEGRATION_TO_CALLBACK],
}

# Options whose dict is handed to a dataclass, so that its fields are the legal keys.
DICT_CLASSES = {"accelerator_config": AcceleratorConfig}


def extract() -> dict:
    check_tables()
    hints = typing.get_type_hints(SFTConfig)
    computed, stopped = router_losses()
    return {
        "trainer": "trl",
        "version": version("trl"),
        "transformers": version("transformers"),
        "class": SFTConfig.__name__,
        "schedulers": {name.value: scheduler(function) for name, function in TYPE_TO_SCHEDULER_FUNCTION.items()},
        "router_loss": computed,
        "router_loss_stops": stopped,
        "options": {field.name: option(field, hints[field.name]) for field in dataclasses.fields(SFTConfig)},
    }


def option(field: dataclasses.Field, hint: object) -> dict:
    """One option. `types` in the order of the annotation; `none` last and only where None may be given."""
    described = describe(hint)
    values = described.pop("values", None) or field.metadata.get("choices") or LOOKED_UP_VALUES.get(field.name)
    entry = {**described, "default": default_of(field), "class": defining_class(field.name)}
    if values:
        entry["values"] = [value for value in values if value is not None]
    if field.name in DICT_CLASSES:
        inner = DICT_CLASSES[field.name]
        inner_hints = typing.get_type_hints(inner)
        entry["keys"] = {
            key.name: {**describe(inner_hints[key.name]), "default": default_of(key)}
            for key in dataclasses.fields(inner)
        }
    if field.name in DEPRECATED:
        entry["deprecated"] = True
        if DEPRECATED[field.name]:
            entry["instead"] = DEPRECATED[field.name]
    if field.name in DEPRECATED_VALUES:
        entry["deprecated_values"] = DEPRECATED_VALUES[field.name]
    return entry


def scheduler(function: types.FunctionType) -> dict:
    """The keys of lr_scheduler_kwargs that a scheduler takes, and those that it cannot do without."""
    given = {"optimizer", "num_warmup_steps", "num_training_steps", "last_epoch"}
    parameters = {name: p for name, p in inspect.signature(function).parameters.items() if name not in given}
    keys = [name for name, p in parameters.items() if p.kind is not p.VAR_KEYWORD]
    return {"keys": keys, "required": [name for name in keys if parameters[name].default is inspect.Parameter.empty]}


def router_losses() -> tuple[dict[str, float], dict[str, float]]:
    """
    Model types of whose language model the trainer asks for router logits, and the coefficient that it takes where neither the
    plan nor a config.json has one: those whose auxiliary loss it can compute, and those where it stops, for it reads the number
    of experts by these names. Of the latter such as have a coefficient: without one it does not ask.
    """
    computed, stopped = {}, {}
    for model_type in sorted(CONFIG_MAPPING_NAMES):
        text_class = text_class_of(CONFIG_MAPPING[model_type])
        is_language = model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or text_class is not CONFIG_MAPPING[model_type]
        if not is_language or not hasattr(text_class, "output_router_logits"):
            continue
        config = text_class()
        coefficient = getattr(config, "router_aux_loss_coef", 0.0)
        if all(hasattr(config, name) for name in ("num_experts", "num_experts_per_tok")):
            computed[model_type] = coefficient
        elif coefficient:
            stopped[model_type] = coefficient
    return computed, stopped


def text_class_of(config_class: type) -> type:
    """The class of the part that describes the language model, itself where there is no other part."""
    parts = getattr(config_class, "sub_configs", {})
    part = parts.get("text_config") or parts.get("thinker_config")
    return config_class if part is None else text_class_of(part)


def describe(hint: object) -> dict:
    """A type as names: int float bool str list dict none, the legal values of enums and literals apart."""
    names, values, items = [], [], None
    for part in parts_of(hint):
        if part in SCALARS:
            names.append(SCALARS[part])
        elif isinstance(part, type) and issubclass(part, enum.Enum):
            names.append("str")
            values += [member.value for member in part]
        elif part is False or part is True:
            names.append("false" if part is False else "true")
        elif part is dict or typing.get_origin(part) is dict:
            names.append("dict")
        elif part is list or typing.get_origin(part) is list:
            names.append("list")
            items = describe(typing.get_args(part)[0])["types"][0]
        elif part is ParallelismConfig:
            names.append("object")
        else:
            raise SystemExit(f"no name for the type {part!r}")
    names = sorted(dict.fromkeys(names), key=lambda name: name == "none")
    described = {"types": names}
    if items:
        described["items"] = items
    if values:
        described["values"] = values
    return described


def parts_of(hint: object) -> list:
    """The members of a union, literals opened."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(hint) for inner in parts_of(part)]
    if origin is typing.Literal:
        return list(typing.get_args(hint))
    return [hint]


def default_of(field: dataclasses.Field) -> object:
    value = field.default_factory() if field.default is dataclasses.MISSING else field.default
    return value.value if isinstance(value, enum.Enum) else value


def defining_class(name: str) -> str:
    """The most derived class that declares the option: the one whose default counts."""
    return next(cls.__name__ for cls in SFTConfig.__mro__ if name in cls.__dict__.get("__annotations__", {})).lstrip("_")


def check_tables() -> None:
    """Help texts that speak of deprecation must be about something in the tables, and the tables about help texts."""
    spoken = {
        field.name
        for cls in SFTConfig.__mro__
        if dataclasses.is_dataclass(cls)
        for field in dataclasses.fields(cls)
        if "eprecat" in (field.metadata.get("help") or "")
    }
    code = inspect.getsource(SFTConfig.__post_init__)
    values = {name for name, table in DEPRECATED_VALUES.items() if all(f'"{value}"' in code for value in table)}
    if values != set(DEPRECATED_VALUES) or not spoken <= set(DEPRECATED) | values or not set(DEPRECATED) <= spoken:
        raise SystemExit(f"deprecated per help texts: {sorted(spoken)}; mend the tables of {Path(__file__).name}")


def compact(data: dict) -> str:
    """JSON with one option a line, so that a difference between two releases reads as one."""
    parts = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
            parts.append(f"  {json.dumps(key)}: {{\n{lines}\n  }}")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def changes(base: dict, data: dict) -> dict:
    """The entries of `data` that `base` has not, or has otherwise; null for those that only `base` has."""
    assert {name: base[name] for name in ("trainer", "version", "class")} == {
        name: data[name] for name in ("trainer", "version", "class")
    }, "another trainer"
    found: dict = {"transformers": data["transformers"]}
    for table in ("schedulers", "router_loss", "router_loss_stops", "options"):
        old, new = base[table], data[table]
        entries = {name: entry for name, entry in new.items() if name not in old or old[name] != entry}
        entries |= {name: None for name in old if name not in new}
        if entries:
            found[table] = entries
    return found


def minor(release: str) -> str:
    return ".".join(release.split(".")[:2])


def described(folder: Path) -> tuple[str, str]:
    """The name of the installed pair's file, and what belongs into it."""
    data = extract()
    first = folder / "sft.json"
    base = json.loads(first.read_text()) if first.exists() else data
    if minor(base["transformers"]) == minor(data["transformers"]):
        return first.name, compact(data)
    return f"sft-{minor(data['transformers'])}.json", compact(changes(base, data))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 3 when the file in git is stale")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="in place of the folder of releases")
    arguments = parser.parse_args()
    name, text = described(OUTPUT / minor(version("trl")))
    path = arguments.output.resolve() / minor(version("trl")) / name
    if arguments.check:
        return 0 if path.exists() and path.read_text() == text else 3
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"{path}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
