"""Writes what the installed PEFT does with the installed transformers: releases/MINOR/adapters.json of the engine.

Read from the packages: the options of LoraConfig with their defaults; which names of modules PEFT takes for the experts of which
model types; and of each family in planc's records, built on the meta device, the modules with a matrix that are no plain linear
layer, and whether its stacked experts are stored with their inputs as rows. Running it twice writes the same bytes.

    python scripts/extract_adapters.py            writes the file
    python scripts/extract_adapters.py --check    exits 3 when the file in git is not what the packages say
"""

import argparse
import dataclasses
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import torch
import transformers
from peft import LoraConfig
from peft.tuners.tuners_utils import _check_lora_target_modules_mamba
from peft.utils.transformers_weight_conversion import (
    _MODEL_TO_CONVERSION_PATTERN,
    _MOE_FUSED_TARGETS,
    _MOE_TARGET_MODULE_MAPPING,
)
from transformers.conversion_mapping import get_checkpoint_conversion_mapping
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "src" / "model" / "families"
OUTPUT = ROOT / "src" / "engines" / "transformers" / "releases"


def extract() -> dict:
    records = [json.loads(path.read_text()) for path in sorted(RECORDS.glob("*.json"))]
    renamed = {record["model_type"]: _MODEL_TO_CONVERSION_PATTERN.get(record["model_type"]) for record in records}
    models = {record["model_type"]: model for record in records if (model := built(record)) is not None}
    return {
        "peft": version("peft"),
        "transformers": version("transformers"),
        "options": {field.name: default_of(field) for field in dataclasses.fields(LoraConfig)},
        "renamed": {
            name: kind
            for name, kind in renamed.items()
            if kind in _MOE_FUSED_TARGETS and get_checkpoint_conversion_mapping(name) is not None
        },
        "names": _MOE_TARGET_MODULE_MAPPING,
        "fused": _MOE_FUSED_TARGETS,
        "transposed": [name for name, model in models.items() if is_transposed(model)],
        "linear_classes": sorted({name for model in models.values() for name in linear_classes(model)}),
        "other_modules": {name: other_modules(model) for name, model in models.items()},
    }


def default_of(field: dataclasses.Field) -> object:
    """The default as JSON has it; a class of further options is an empty object."""
    value = field.default_factory() if field.default is dataclasses.MISSING else field.default
    return value if value is None or isinstance(value, (bool, int, float, str)) else {}


def built(record: dict) -> torch.nn.Module | None:
    """The family at toy size; None where the release does not build it as a language model alone."""
    architecture = record.get("architecture")
    if architecture is None or not hasattr(transformers, architecture) or "text" in record:
        return None
    try:
        config = CONFIG_MAPPING[record["model_type"]](**record["toy"])
        with torch.device("meta"):
            return getattr(transformers, architecture)(config)
    except Exception as error:  # the release refuses it, and a plan of it, too
        print(f"{record['model_type']}: {type(error).__name__}", file=sys.stderr)
        return None


def other_modules(model: torch.nn.Module) -> dict[str, str]:
    """Name of a module, behind its layer's where it is in one -> its class; "Linear" where PEFT refuses it by its name."""
    found = {}
    for name, module in model.named_modules():
        weight = module._parameters.get("weight")
        if weight is None or weight.dim() == 1 or type(module) is torch.nn.Embedding:
            continue
        if type(module) is not torch.nn.Linear or is_refused(model, name):
            found[re.sub(r"^.*?\.\d+\.", "", name)] = type(module).__name__
    return found


def linear_classes(model: torch.nn.Module) -> set[str]:
    """Classes that PEFT takes for linear layers, too."""
    return {type(module).__name__ for module in model.modules() if isinstance(module, torch.nn.Linear)}


def is_refused(model: torch.nn.Module, name: str) -> bool:
    try:
        _check_lora_target_modules_mamba(LoraConfig(), model, name.rpartition(".")[2])
    except ValueError:
        return True
    return False


def is_transposed(model: torch.nn.Module) -> bool:
    return any(getattr(module, "is_transposed", False) for module in model.modules())


def compact(data: dict) -> str:
    """JSON with one entry of a table a line, so that a difference between two releases reads as one."""
    parts = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
            parts.append(f"  {json.dumps(key)}: {{\n{lines}\n  }}")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 3 when the file in git is stale")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="in place of the folder of releases")
    arguments = parser.parse_args()
    minor = ".".join(version("transformers").split(".")[:2])
    path = arguments.output.resolve() / minor / "adapters.json"
    text = compact(extract())
    if arguments.check:
        return 0 if path.exists() and path.read_text() == text else 3
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"{path}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
