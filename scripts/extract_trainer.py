"""Writes the options of the installed trainer: src/trainers/trl/releases/MINOR/sft.json, and dpo.json beside it.

They depend on the installed transformers too, whose classes the trainer's inherit from. The first pair is written whole;
with another minor release of transformers only what is other with it goes to sft-THAT_MINOR.json beside it. Of another
task than sft only those options are written that its class has otherwise than SFTConfig; null where it has none.

Everything in the files is read from the installed packages: names, types, defaults, legal values and the class that
defines each option (SFTConfig, or a class that it inherits from). The two tables below are the exceptions: what is
deprecated stands only in help texts and warnings, and the script fails when these speak of more than the tables do.
Running it twice writes the same bytes.

    python scripts/extract_trainer.py            writes the files
    python scripts/extract_trainer.py --check    exits 3 when a file in git is not what the packages say

With --output FOLDER the files go there; what they are compared with is the first pair's file in git all the same.
"""

import argparse
import dataclasses
import enum
import inspect
import json
import re
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
from trl import DPOConfig, DPOTrainer, SFTConfig

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
    SFTConfig: {
        "loss_type": {"chunked_nll": "nll"},
        "packing_strategy": {"bfd-requeue": "bfd_split"},
        "truncation_mode": {"keep_end": "keep_start"},
    },
    DPOConfig: {"truncation_mode": {"keep_end": "keep_start"}},
}

SCALARS = {int: "int", float: "float", bool: "bool", str: "str", type(None): "none"}

# Options whose legal values are not in their type: where the class looks them up.
LOOKED_UP_VALUES = {
    "debug": [option.value for option in DebugOption],
    "include_num_input_tokens_seen": ["all", "non_padding", "no"],
    "report_to": ["all", "none", *INTEGRATION_TO_CALLBACK],
}

# Words that a trainer compares options with, and that stand nowhere else.
COMPARED_WORDS = {DPOConfig: (DPOTrainer, ("loss_type", "f_divergence_type"))}

# Options whose dict is handed to a dataclass, so that its fields are the legal keys.
DICT_CLASSES = {"accelerator_config": AcceleratorConfig}


def extract() -> dict:
    computed, stopped = router_losses()
    return {
        "trainer": "trl",
        "version": version("trl"),
        "transformers": version("transformers"),
        "class": SFTConfig.__name__,
        "schedulers": {name.value: scheduler(function) for name, function in TYPE_TO_SCHEDULER_FUNCTION.items()},
        "router_loss": computed,
        "router_loss_stops": stopped,
        "options": options_of(SFTConfig),
    }


def options_of(config_class: type) -> dict:
    check_tables(config_class)
    hints = typing.get_type_hints(config_class)
    return {field.name: option(config_class, field, hints[field.name]) for field in dataclasses.fields(config_class)}


def task(config_class: type, base: dict) -> dict:
    """What the class of another task has otherwise than `base`, the options of SFTConfig."""
    own = options_of(config_class)
    entries = {name: entry for name, entry in own.items() if name not in base or base[name] != entry}
    gone = {name: None for name in base if name not in own}
    return {"trainer": "trl", "version": version("trl"), "class": config_class.__name__, "options": entries | gone}


def option(config_class: type, field: dataclasses.Field, hint: object) -> dict:
    """One option. `types` in the order of the annotation; `none` last and only where None may be given."""
    described = describe(hint)
    values = described.pop("values", None) or field.metadata.get("choices") or LOOKED_UP_VALUES.get(field.name)
    values = values or compared_words(config_class, field.name)
    if f"isinstance(self.{field.name}, str)" in inspect.getsource(config_class.__post_init__) and values:
        # The class makes a list of a single word.
        described["types"] = list(dict.fromkeys([*described["types"], "str"]))
    entry = {**described, "default": default_of(field), "class": defining_class(config_class, field.name)}
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
    if field.name in DEPRECATED_VALUES[config_class]:
        entry["deprecated_values"] = DEPRECATED_VALUES[config_class][field.name]
    return entry


def compared_words(config_class: type, name: str) -> list[str] | None:
    """The words that the trainer compares an option with, in the order of its code."""
    trainer_class, names = COMPARED_WORDS.get(config_class, (None, ()))
    if name not in names:
        return None
    found = re.findall(rf'\b{name} == "(\w+)"', inspect.getsource(trainer_class))
    assert found, name
    return list(dict.fromkeys(found))


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


def defining_class(config_class: type, name: str) -> str:
    """The most derived class that declares the option: the one whose default counts."""
    return next(cls.__name__ for cls in config_class.__mro__ if name in cls.__dict__.get("__annotations__", {})).lstrip("_")


def check_tables(config_class: type) -> None:
    """Help texts that speak of deprecation must be about something in the tables, and the tables about help texts."""
    spoken = {
        field.name
        for cls in config_class.__mro__
        if dataclasses.is_dataclass(cls)
        for field in dataclasses.fields(cls)
        if "eprecat" in (field.metadata.get("help") or "")
    }
    code, table = inspect.getsource(config_class.__post_init__), DEPRECATED_VALUES[config_class]
    values = {name for name, words in table.items() if all(f'"{word}"' in code for word in words)}
    if values != set(table) or not spoken <= set(DEPRECATED) | values or not set(DEPRECATED) <= spoken:
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


def described(folder: Path) -> dict[str, str]:
    """The names of the installed pair's files, and what belongs into them."""
    data = extract()
    first = folder / "sft.json"
    base = json.loads(first.read_text()) if first.exists() else data
    tasks = {"dpo.json": compact(task(DPOConfig, data["options"]))}
    if minor(base["transformers"]) == minor(data["transformers"]):
        return {first.name: compact(data), **tasks}
    return {f"sft-{minor(data['transformers'])}.json": compact(changes(base, data)), **tasks}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 3 when the file in git is stale")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="in place of the folder of releases")
    arguments = parser.parse_args()
    folder = arguments.output.resolve() / minor(version("trl"))
    files = {folder / name: text for name, text in described(OUTPUT / folder.name).items()}
    if arguments.check:
        return 0 if all(path.exists() and path.read_text() == text for path, text in files.items()) else 3
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text)
        print(f"{path}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
