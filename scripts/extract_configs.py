"""Writes what the config classes of one installed release of transformers accept: releases/MINOR/configs.json.

Of every MoE model type, of the models of several parts around them, and of their parts: the fields with the types that
the strict classes check, other names for them, what the class refuses by itself (as expressions over its fields), which
fields name an activation, whether the padding token picks a row of the embedding, and a few names that its model's code
works with. Shared by all: the activations, the
kinds of rotary positions with the keys that each needs, the words of the lists of layers, torch's formats.

A release that has another before it in `releases/` writes only the classes that differ from that one's. Running it twice
writes the same bytes.

    python scripts/extract_configs.py            writes the file
    python scripts/extract_configs.py --check    exits 3 when the file in git is not what the packages say

With --output FOLDER the file goes there; the releases before it are those in git all the same.
"""

import argparse
import ast
import contextlib
import inspect
import io
import json
import re
import sys
import textwrap
import types
import typing
from dataclasses import MISSING, fields
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import PreTrainedConfig
from transformers.activations import ACT2CLS
from transformers.configuration_utils import (
    _LEGACY_LAYER_TYPE_REMAP,
    ALLOWED_ATTN_LAYER_TYPES,
    ALLOWED_MLP_LAYER_TYPES,
)
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS, RotaryEmbeddingConfigMixin
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES

from extract_release import OUTPUT, compact, is_moe

MINOR = ".".join(version("transformers").split(".")[:2])

# Types of several parts that hold one of those below another part, and one that planc converts and no rule finds.
MORE = ["qwen3_omni_moe", "qwen3_omni_moe_thinker", "kimi_k25", "longcat_flash", "axk1", "axk2", "zaya", "llama4"]

# Fields whose default planc asks for itself.
RELATED = {
    "head_dim",
    "n_group",
    "topk_group",
    "n_routed_experts",
    "num_experts",
    "num_attention_heads",
    "num_key_value_heads",
    "kv_lora_rank",
    "qk_nope_head_dim",
    "topk_method",
    "use_sliding_window",
    "sliding_window",
    "max_window_layers",
    "num_hidden_layers",
}

COMPARES = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%"}


class NotRead(Exception):
    """An expression of a kind that planc does not evaluate."""


def type_name(annotation: object) -> str:
    """A field's type as the strict classes check values of JSON: "int|list[int]|none"."""
    if annotation is typing.Any or isinstance(annotation, str | typing.ForwardRef):
        return "any"  # texts are annotations that no one evaluates, nor checks
    if annotation is None or annotation is type(None):
        return "none"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        names = [type_name(each) for each in arguments]
        return "any" if "any" in names else "|".join(dict.fromkeys(name for name in names if name))
    if origin is typing.Literal:
        return "|".join(f"'{each}'" for each in arguments)
    if origin is list:
        # More than one argument is no list that typing knows: the first is what is checked.
        return f"list[{type_name(arguments[0])}]"
    if origin is dict or annotation is dict:
        return "dict"
    if annotation in (int, float, bool, str, list):
        return annotation.__name__
    # JSON has no tuples, no configs and no other objects; a TypedDict checks nothing, it fails, and a union goes on.
    return ""


def expression(node: ast.expr) -> object:
    """A condition as nested lists, operator first; fields are texts, words a list of ["word", …]."""
    match node:
        case ast.BoolOp(op=operator, values=values):
            return ["and" if isinstance(operator, ast.And) else "or", *map(expression, values)]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ["not", expression(operand)]
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC:
            return [ARITHMETIC[type(operator)], expression(left), expression(right)]
        case ast.Compare(left=left, ops=operators, comparators=rights):
            sides = [left, *rights]
            if any(type(operator) not in COMPARES for operator in operators):
                raise NotRead
            parts = [
                [COMPARES[type(operator)], expression(one), expression(two)]
                for one, operator, two in zip(sides, operators, rights)
            ]
            return parts[0] if len(parts) == 1 else ["and", *parts]
        case ast.Call(func=ast.Name(id="len"), args=[argument]):
            return ["len", expression(argument)]
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
        case ast.Constant(value=value) if value is None or isinstance(value, int):
            return value
        case ast.Constant(value=str() as word):
            return ["word", word]
        case ast.Set(elts=items) | ast.Tuple(elts=items) | ast.List(elts=items):
            return ["list", *map(expression, items)]
        case _:
            raise NotRead


def names_in(tree: object) -> set[str]:
    if isinstance(tree, str):
        return {tree}
    if isinstance(tree, list) and tree[0] != "word":
        return set().union(*map(names_in, tree[1:]))
    return set()


def own_methods(config_class: type, prefix: str):
    """Methods of the class and those above it that models declare, not those that every config has."""
    for each in config_class.__mro__:
        if each in PreTrainedConfig.__mro__:
            continue
        for name, method in vars(each).items():
            if name.startswith(prefix) and inspect.isfunction(method):
                with contextlib.suppress(OSError, TypeError):
                    yield name, ast.parse(textwrap.dedent(inspect.getsource(method)))


def assigned(config_class: type) -> set[str]:
    """Fields that the class sets itself once it has read them: what is written is not what is checked."""
    found = set()
    for _, tree in own_methods(config_class, "__post_init__"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            # What is called with the config may set whatever it likes; `setattr` names it.
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr":
                found |= {each.value for each in node.args[1:2] if isinstance(each, ast.Constant)}
    return found


def rewritten(config_class: type) -> set[str]:
    """Keys that the class takes by their names before they are checked, to make others of them."""
    trees = [tree for _, tree in own_methods(config_class, "__post_init__")]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


def refusals(config_class: type) -> list[object]:
    """Conditions under which a validator of the class raises, as far as they are over its own fields."""
    found = []
    seen = set()
    for name, tree in own_methods(config_class, "validate_"):
        if name in seen or name == "validate_":
            continue
        seen.add(name)
        for test in raising(tree.body[0].body):
            with contextlib.suppress(NotRead):
                condition = expression(test)
                if names_in(condition) <= {field.name for field in fields(config_class)}:
                    found.append(condition)
    return found


def raising(body: list[ast.stmt]):
    """Tests of the `if` statements that raise; of one inside another both must hold."""
    for node in body:
        if not isinstance(node, ast.If):
            continue
        if any(isinstance(each, ast.Raise) for each in node.body):
            yield node.test
        for inner in raising(node.body):
            yield ast.BoolOp(op=ast.And(), values=[node.test, inner])
        # Behind an `else` or `elif` the first test does not hold.
        for inner in raising(node.orelse):
            yield ast.BoolOp(op=ast.And(), values=[ast.UnaryOp(op=ast.Not(), operand=node.test), inner])


def defaults(config_class: type, conditions: list[object]) -> dict[str, object]:
    """What fields of the conditions are where the config does not write them."""
    wanted = set().union(RELATED, *map(names_in, conditions)) - assigned(config_class)
    found = {}
    for field in fields(config_class):
        if field.name in wanted and field.default is not MISSING and isinstance(field.default, int | float | str | None):
            found[field.name] = field.default
    return dict(sorted(found.items()))


@cache
def modeling_source(config_class: type) -> str:
    module = config_class.__module__.replace("configuration_", "modeling_")
    try:
        return inspect.getsource(import_module(module))
    except ImportError:
        return ""


def activations(config_class: type) -> list[str]:
    """Fields that name an activation, as the model's code looks them up. Not those that the class sets itself."""
    named = set(re.findall(r"ACT2(?:FN|CLS)\[(?:self\.)?config\.(\w+)\]", modeling_source(config_class)))
    return sorted(named & {field.name for field in fields(config_class)} - assigned(config_class))


def pads(config_class: type) -> bool:
    """Whether the padding token is a row of the embedding that stays zero."""
    names = {field.name for field in fields(config_class)}
    return {"pad_token_id", "vocab_size"} <= names and bool(
        re.search(r"nn\.Embedding\([^)]*padding_idx", modeling_source(config_class).replace("config.pad_token_id", "padding_idx"))
    )


def describe(config_class: type) -> dict:
    common = {field.name for field in fields(PreTrainedConfig)}
    by_type: dict[str, list[str]] = {}
    for field in fields(config_class):
        if field.name in common and field.type == PreTrainedConfig.__dataclass_fields__[field.name].type:
            continue
        by_type.setdefault(type_name(field.type), []).append(field.name)
    parts = {
        name: spec.config_class.__name__ if issubclass(spec.config_class, PreTrainedConfig) else f"*{spec.model_type}"
        for name, spec in config_class.sub_configs_defaults.items()
    }
    changed = assigned(config_class)
    conditions = [each for each in refusals(config_class) if not names_in(each) & changed]
    record = {
        "fields": {name: " ".join(sorted(each)) for name, each in sorted(by_type.items()) if name not in ("any", "")},
        "aliases": dict(sorted(config_class.attribute_map.items())),
        "parts": dict(sorted(parts.items())),
        "activations": activations(config_class),
        "pads": pads(config_class),
        "rope_labels": rope_labels(config_class),
        "rope_type": "" if config_class.default_rope_type == "default" else config_class.default_rope_type,
        "uses": uses(config_class),
        "own_layer_types": "layer_types" in rewritten(config_class)
        or "validate_layer_type" in {name for name, _ in own_methods(config_class, "validate_")},
        "rewrites": sorted(rewritten(config_class) & {"rope_theta", "rope_scaling", "rope_parameters"}),
        "refuses": conditions,
        "defaults": defaults(config_class, conditions),
    }
    return {key: value for key, value in record.items() if value}


def uses(config_class: type) -> list[str]:
    """What its model's code works with, of what only some models do."""
    source = modeling_source(config_class)
    names = [name for name in ("num_key_value_groups", "partial_rotary_factor") if name in source]
    declared = {field.name for field in fields(config_class)}
    # A width that the class does not declare, and the code takes where the config has it.
    return names + (["head_dim"] if 'config, "head_dim"' in source and "head_dim" not in declared else [])


def rope_labels(config_class: type) -> list[str]:
    """Where rotary positions are given by kind, and the kinds are not the words of `layer_types`: their names."""
    return sorted(getattr(config_class, "_rope_type_labels", None) or [])


def rope_keys() -> dict[str, list[str]]:
    """Kind of rotary positions -> the keys without which the release refuses it."""
    found = {}
    for kind in ["default", *sorted(ROPE_INIT_FUNCTIONS)]:
        method = getattr(RotaryEmbeddingConfigMixin, f"_validate_{kind}_rope_parameters")
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(method)))):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "required_keys":
                found[kind] = sorted(ast.literal_eval(node.value) - {"rope_type"})
    return found


def wanted() -> dict[str, type]:
    """Model type -> class, of the MoE types and of what holds one."""
    found = {}
    for model_type in sorted(CONFIG_MAPPING_NAMES):
        config_class = CONFIG_MAPPING[model_type]
        parts = config_class.sub_configs_defaults.values()
        texts = [spec.config_class for spec in parts if hasattr(spec.config_class, "base_model_ep_plan")]
        if is_moe(model_type, config_class) or any(is_moe(each.model_type, each) for each in texts) or model_type in MORE:
            found[model_type] = config_class
    # A part that is looked up by its own model_type brings that type in.
    for config_class in list(found.values()):
        for spec in config_class.sub_configs_defaults.values():
            if not issubclass(spec.config_class, PreTrainedConfig) and spec.model_type in CONFIG_MAPPING:
                found[spec.model_type] = CONFIG_MAPPING[spec.model_type]
    return dict(sorted(found.items()))


def extract() -> dict:
    named = wanted()
    classes: dict[str, dict] = {}
    waiting = list(named.values())
    while waiting:
        config_class = waiting.pop()
        if config_class.__name__ in classes:
            continue
        classes[config_class.__name__] = describe(config_class)
        parts = [spec.config_class for spec in config_class.sub_configs_defaults.values()]
        waiting += [each for each in parts if issubclass(each, PreTrainedConfig)]
    return {
        "transformers": version("transformers"),
        "activations": sorted(ACT2CLS),
        "dtypes": sorted(name for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype)),
        "layer_types": list(ALLOWED_ATTN_LAYER_TYPES),
        "mlp_layer_types": list(ALLOWED_MLP_LAYER_TYPES),
        "old_layer_types": sorted(_LEGACY_LAYER_TYPE_REMAP),
        "rope": rope_keys(),
        "types": {model_type: config_class.__name__ for model_type, config_class in named.items()},
        "classes": dict(sorted(classes.items())),
    }


def before() -> dict | None:
    """All that the newest release before this one says, whichever files it is in."""
    minors = sorted((path.parent.name for path in OUTPUT.glob("*/configs.json")), key=key_of)
    older = [minor for minor in minors if key_of(minor) < key_of(MINOR)]
    whole: dict | None = None
    for minor in older:
        own = json.loads((OUTPUT / minor / "configs.json").read_text())
        classes = {**(whole["classes"] if whole else {}), **own["classes"]}
        whole = {**own, "classes": classes}
    return whole


def key_of(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 3 when the file in git is stale")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="in place of the folder of releases")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(io.StringIO()):
        found = extract()
    known = (before() or {"classes": {}})["classes"]
    found["classes"] = {name: record for name, record in found["classes"].items() if known.get(name) != record}
    text = compact(found) + "\n"
    path = arguments.output.resolve() / MINOR / "configs.json"
    if arguments.check:
        return 0 if path.exists() and path.read_text() == text else 3
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"{path}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
