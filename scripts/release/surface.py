"""
Run with the Python of one release: what of it is compared beside its data. Prints a JSON object.

`distributed_config`: field -> default. `packages`: package -> its folder. `requires`: what transformers asks for.
`conversions`: model type -> how its checkpoint is converted. `configs`: model type -> the folder of its code under models/,
with those of its parts. `missing`: private name that planc's runtime uses -> what for, of those that are not there.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
from importlib.metadata import requires
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "templates"))

from planc_runtime.stack.required import has_name, has_source, required_names, wanted_names


def distributed_config() -> dict[str, str]:
    from transformers.distributed import DistributedConfig

    found = {}
    for field in dataclasses.fields(DistributedConfig):
        has_default = field.default is not dataclasses.MISSING
        found[field.name] = repr(field.default) if has_default else "no default"
    return found


def conversions() -> dict[str, str]:
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping

    found = {name: get_checkpoint_conversion_mapping(name) or [] for name in sys.argv[1:]}
    return {name: str([told(rule) for rule in rules]) for name, rules in found.items()}


def told(rule: object) -> str:
    operations = [type(each).__name__ for each in getattr(rule, "operations", None) or []]
    patterns = [getattr(rule, key, None) for key in ("source_patterns", "target_patterns")]
    return f"{type(rule).__name__} {patterns} {operations}"


def configs() -> dict[str, list[str]]:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    found = {}
    for name in sys.argv[1:]:
        if name in CONFIG_MAPPING:
            folders: set[str] = set()
            gather(CONFIG_MAPPING[name], folders)
            found[name] = sorted(folders)
    return found


def gather(config_class: type, folders: set[str]) -> None:
    folder = config_class.__module__.split(".")[2:-1]
    # Any part may stand in place of a config of the class "auto".
    if not folder or folder[0] == "auto" or folder[0] in folders:
        return
    folders.add(folder[0])
    for part in (getattr(config_class, "sub_configs", None) or {}).values():
        if isinstance(part, type):
            gather(part, folders)


def tried(function) -> object:
    """What a release without it says in its place."""
    try:
        return function()
    except (ImportError, AttributeError, TypeError) as error:
        return {"absent": f"{type(error).__name__}: {error}"}


def main() -> None:
    used = required_names() | wanted_names()
    names = {name: use for name, use in used.items() if has_source(name.partition(".")[0])}
    packages = sorted({name.partition(".")[0] for name in used})
    specs = {package: importlib.util.find_spec(package) for package in packages}
    found = {
        "distributed_config": tried(distributed_config),
        "packages": {name: next(iter(spec.submodule_search_locations)) for name, spec in specs.items() if spec},
        "requires": sorted(text for text in requires("transformers") or [] if "extra ==" not in text),
        "conversions": tried(conversions),
        "configs": tried(configs),
        "names": sorted(used),
        "missing": {name: use for name, use in names.items() if not has_name(name)},
    }
    print(json.dumps(found))


main()
