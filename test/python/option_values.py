"""Values of the trainer's options on their way from an emitted train.py to the real SFTConfig.

Standard input: a JSON list of `{name, value, options, arguments}`: the option, its value as the plan has it, the text of
OPTIONS in train.py, and the same value as arguments of a command line (null where there is none). Standard output: a JSON
list of what does not arrive: the value of the type that the dataclass declares is compared with what the bundle reads, and
the arguments with what transformers' own parser reads.
"""

import dataclasses
import json
import os
import sys
import typing
import warnings

os.environ["ACCELERATE_USE_CPU"] = "true"
sys.path.insert(0, os.environ["PLANC_TEMPLATES"])

from planc_runtime.errors import UserError  # noqa: E402
from planc_runtime.options import read_options  # noqa: E402
from transformers import HfArgumentParser, Qwen3MoeConfig  # noqa: E402
from trl import SFTConfig  # noqa: E402

warnings.simplefilter("ignore")
HINTS = typing.get_type_hints(SFTConfig)
OWN = HfArgumentParser(SFTConfig, allow_abbrev=False)
# Words of these options are not for the trainer's own parser, which takes them for true or false.
NOT_BY_PARSER = {name for name in HINTS if {bool, str} <= set(typing.get_args(HINTS[name]))}
# The trainer moves this option into the model's config, which refuses every other type than its own.
MODEL_CONFIG = Qwen3MoeConfig()


def declared(name: str, value: object) -> object:
    if name == "output_dir" and isinstance(value, str):
        return f"{os.getcwd()}/{value}"  # where a plan's paths count from, without the plan
    hint = HINTS[name]
    members = set(typing.get_args(hint)) or {hint}
    return float(value) if type(value) is int and float in members and int not in members else value


def shown(config: SFTConfig, name: str) -> str:
    """With the type of every part: 1 is not 1.0."""
    value = getattr(config, name)
    return f"{type(value).__name__} {value!r}"


def faults(case: dict) -> typing.Iterator[str]:
    name = case["name"]
    beside = {"output_dir": "output", "use_cpu": True, "bf16": False}
    try:
        whole = eval(case["options"], {})  # a dict display, as planc writes it
        read = read_options(SFTConfig, whole, {"bf16": False, "use_cpu": True}, [])
        if read.router_aux_loss_coef is not None:
            MODEL_CONFIG.router_aux_loss_coef = read.router_aux_loss_coef
        got = shown(read, name)
        want = shown(SFTConfig(**(whole | beside | {name: declared(name, case["value"])})), name)
    except Exception as error:  # noqa: BLE001
        yield f"{name}: {case['value']!r}: {type(error).__name__}: {error}"
        return
    if got != want:
        yield f"{name}: {case['value']!r} arrives as {got}, not {want}"
    arguments = case["arguments"]
    if arguments is None:
        return
    plain = {key: value for key, value in whole.items() if key != name}
    try:
        got = shown(read_options(SFTConfig, plain, {"bf16": False, "use_cpu": True}, arguments), name)
        if name not in NOT_BY_PARSER:
            want = shown(OWN.parse_args_into_dataclasses(["--bf16", "False", "--use_cpu", *arguments])[0], name)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        yield f"{arguments}: {type(error).__name__}: {error}"
        return
    if got != want:
        yield f"{arguments} arrive as {got}, not {want}"


def refused(arguments: list[str]) -> str | None:
    try:
        read_options(SFTConfig, {}, {"bf16": False, "use_cpu": True}, arguments)
    except UserError as error:
        return str(error)
    return None


given = json.load(sys.stdin)
found = [fault for case in given["cases"] for fault in faults(case)]
print(json.dumps({"faults": found, "refused": [refused(arguments) for arguments in given["wrong"]]}))
