"""Changes every key of some configs and says what transformers makes of each: the oracle of the rules about config.json.

Reads a JSON object on standard input: `configs`, name -> a small config; where there is one, `changes`, a list of what keys
become, in words, or of "KEY: WORDS" with the config's name before it: only these are tried. Writes a JSON object: `transformers`, the release; `untried`, name -> why not even the unchanged config runs; `found`,
a list of objects: `config` (the name), `class` (of the part that was changed), `key`, `change` (what it becomes, in words),
`text` (the changed config.json, whose numbers keep their point), `stage` ("fine", or where it stopped: config, model,
forward) and `error`. "large" is a stage too: a model that was built without memory, but is no toy to compute with.

Each changed config is read, built and trained on one batch, as a job does, on the CPU.
"""

import contextlib
import copy
import io
import json
import logging
import sys
import warnings
from dataclasses import fields
from importlib.metadata import version

import torch
from transformers import CONFIG_MAPPING, PreTrainedConfig
from transformers.configuration_utils import _LEGACY_LAYER_TYPE_REMAP, ALLOWED_LAYER_TYPES
from transformers.models.auto import modeling_auto as auto

ABSENT = object()
LARGEST = 20_000_000  # parameters that are still built and trained

# A job says itself in which format it loads; widths that a kernel for experts asks for are another rule's.
OPTIONS = {"dtype": torch.float32, "experts_implementation": "eager"}

# Keys that no class declares and every one reads.
LEGACY = {"torch_dtype": "float32", "rope_theta": 10000.0, "attn_implementation": "eager", "output_attentions": False}

FACTORS = [1.0, 1.0]
ROPES = {
    "null": None,
    "empty": {},
    "text": "nope",
    "list": [],
    "default": {"rope_type": "default", "rope_theta": 10000.0},
    "default without theta": {"rope_type": "default"},
    "theta alone": {"rope_theta": 10000.0},
    "a whole theta": {"rope_type": "default", "rope_theta": 10000},
    "theta as text": {"rope_type": "default", "rope_theta": "10000"},
    "theta null": {"rope_type": "default", "rope_theta": None},
    "unknown type": {"rope_type": "nope", "rope_theta": 10000.0},
    "type null": {"rope_type": None, "rope_theta": 10000.0},
    "type a number": {"rope_type": 1, "rope_theta": 10000.0},
    "the old key of the type": {"type": "linear", "factor": 2.0},
    "the old key of an unknown type": {"type": "nope", "factor": 2.0},
    "mrope": {"type": "mrope", "mrope_section": [2, 3, 3], "rope_theta": 10000.0},
    "an unknown key": {"rope_type": "default", "rope_theta": 10000.0, "nope": 1},
    "linear": {"rope_type": "linear", "factor": 2.0},
    "linear without factor": {"rope_type": "linear"},
    "linear, factor as text": {"rope_type": "linear", "factor": "2.0"},
    "linear, factor null": {"rope_type": "linear", "factor": None},
    "linear, factor 0": {"rope_type": "linear", "factor": 0},
    "linear, factor below 1": {"rope_type": "linear", "factor": 0.5},
    "dynamic": {"rope_type": "dynamic", "factor": 2.0},
    "dynamic without factor": {"rope_type": "dynamic"},
    "dynamic, factor as text": {"rope_type": "dynamic", "factor": "2.0"},
    "yarn": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32},
    "yarn without original": {"rope_type": "yarn", "factor": 2.0},
    "yarn without factor": {"rope_type": "yarn", "original_max_position_embeddings": 32},
    "yarn, original 0": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 0},
    "yarn, original as text": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": "32"},
    "yarn, original null": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": None},
    "yarn, factor null": {"rope_type": "yarn", "factor": None, "original_max_position_embeddings": 32},
    "yarn, factor as text": {"rope_type": "yarn", "factor": "2", "original_max_position_embeddings": 32},
    "yarn, betas": {"rope_type": "yarn", "factor": 2.0, "beta_fast": 32, "beta_slow": 1},
    "yarn, beta as text": {"rope_type": "yarn", "factor": 2.0, "beta_fast": "32", "beta_slow": 1},
    "yarn, scales": {"rope_type": "yarn", "factor": 2.0, "mscale": 1.0, "mscale_all_dim": 1.0},
    "yarn, scale as text": {"rope_type": "yarn", "factor": 2.0, "mscale": "1.0", "mscale_all_dim": 1.0},
    "longrope without factors": {"rope_type": "longrope", "factor": 2.0, "original_max_position_embeddings": 32},
    "longrope, factors as text": {"rope_type": "longrope", "short_factor": "1", "long_factor": "1", "factor": 2.0},
    "longrope, too few factors": {"rope_type": "longrope", "short_factor": [], "long_factor": [], "factor": 2.0},
    "llama3": {
        "rope_type": "llama3",
        "rope_theta": 10000.0,
        "factor": 2.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    },
    "llama3 without factors": {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 2.0},
    "llama3 without theta": {
        "rope_type": "llama3",
        "factor": 2.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    },
    "proportional": {"rope_type": "proportional", "rope_theta": 10000.0},
    "a partial factor": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    "a partial factor as text": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": "0.5"},
}
WORDS = [*ALLOWED_LAYER_TYPES, *_LEGACY_LAYER_TYPE_REMAP, "nope"]


def changes_of(key: str, value: object, layers: int, vocabulary: int) -> dict[str, object]:
    """What a key is changed to, by a label. `value` says of which kind it is."""
    if key in ("rope_parameters", "rope_scaling"):
        return ROPES
    found: dict[str, object] = {"absent": ABSENT, "null": None, "text": "nope", "list": [], "mapping": {}, "true": True}
    if isinstance(value, bool) or value is None:
        found |= {"false": False, "a number": 1, "a fraction": 0.5, "-1": -1, "text of it": "true"}
    elif isinstance(value, int | float):
        found |= {"0": 0, "0.0": 0.0, "-1": -1, "a fraction": 0.5, "text of it": str(value), "1": 1, "list of it": [value]}
        if isinstance(value, int):
            found |= {"one more": value + 1, "one less": value - 1, "twice": 2 * value, "with a point": float(value)}
        else:
            found |= {"whole": int(value)}
    elif isinstance(value, str):
        found |= {"a number": 1, "gelu": "gelu", "gelu_fast": "gelu_fast", "SiLU": "SiLU", "empty": ""}
    if key.endswith("_token_id"):
        found |= {
            "vocabulary": vocabulary,
            "last": vocabulary - 1,
            "-vocabulary": -vocabulary,
            "-vocabulary - 1": -vocabulary - 1,
            "ids": [1, 2],
            "ids as text": ["1"],
            "ids beyond": [vocabulary],
        }
    if key in ("dtype", "torch_dtype"):
        found |= {each: each for each in ["float32", "bfloat16", "float64", "int8", "torch.float32", "fp32", "auto"]}
    if isinstance(value, list) or key.endswith(("_types", "_type")) and key != "model_type":
        found |= {f"{word} each": [word] * layers for word in WORDS}
        found |= {"a layer less": value[:-1], "a layer more": [*value, value[-1]]} if isinstance(value, list) and value else {}
        found |= {"numbers": [0, 1], "numbers beyond": [99], "texts": ["1"], "fractions": [0.5], "below 0": [-1]}
    return found


def keys_of(config: PreTrainedConfig, base: dict) -> dict[str, object]:
    """Every key that the class, its aliases or the config has, with a value of its kind."""
    kinds = {field.name: getattr(config, field.name, None) for field in fields(config)}
    for alias, name in type(config).attribute_map.items():
        kinds.setdefault(alias, kinds.get(name))
        kinds.setdefault(name, kinds.get(alias))
    if "rope_parameters" in kinds:
        kinds["rope_scaling"] = None
    return LEGACY | kinds | base


def changed(base: dict, path: tuple[str, ...], value: object) -> dict:
    whole = copy.deepcopy(base)
    part = whole
    for key in path[:-1]:
        part = part[key]
    if value is ABSENT:
        part.pop(path[-1], None)
    else:
        part[path[-1]] = copy.deepcopy(value)
    return whole


def all_changes(base: dict, whole: dict, config: PreTrainedConfig, above: tuple[str, ...] = ()):
    """Every (class, key, label, changed config), the parts of a model of several parts included."""
    parts = set(type(config).sub_configs)
    layers = getattr(config, "num_hidden_layers", None) or 2
    vocabulary = getattr(config, "vocab_size", None) or 97
    for key, kind in keys_of(config, base).items():
        if key in parts or key == "model_type":
            continue
        for label, value in changes_of(key, kind, layers, vocabulary).items():
            path = (*above, key)
            yield type(config).__name__, ".".join(path), label, changed(whole, path, value)
    for key in sorted(parts):
        part = getattr(config, key, None)
        if isinstance(part, PreTrainedConfig) and isinstance(base.get(key), dict):
            yield from all_changes(base[key], whole, part, (*above, key))


def model_class(config_class: type) -> type:
    """The class that trains a config: the whole model of several parts, else the causal language model."""
    mappings = [auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING, auto.MODEL_FOR_CAUSAL_LM_MAPPING]
    for mapping in mappings if config_class.sub_configs else reversed(mappings):
        if config_class in mapping:
            found = mapping[config_class]
            return found[0] if isinstance(found, tuple) else found
    raise ValueError(f"{config_class.__name__} has no model class")


def read(config: dict) -> PreTrainedConfig:
    config = copy.deepcopy(config)
    return CONFIG_MAPPING[config.pop("model_type")].from_dict(config)


def judge(text: str) -> tuple[str, str]:
    """Where a config stops a job, and with what error."""
    stage = "config"
    try:
        config = read(json.loads(text))
        stage = "model"
        build = model_class(type(config))
        with torch.device("meta"):
            meta = build._from_config(copy.deepcopy(config), **OPTIONS)
        if sum(parameter.numel() for parameter in meta.parameters()) > LARGEST:
            return "large", ""
        model = build._from_config(config, **OPTIONS)
        model.train()
        stage = "forward"
        vocabulary = model.get_input_embeddings().weight.shape[0]
        # A number of tokens that shares no factor with a toy's sizes: what is cut wrongly does not fit by chance.
        ids = (torch.arange(58) % vocabulary).reshape(2, 29)
        mask = torch.ones_like(ids)
        mask[1, 15:] = 0
        out = model(input_ids=ids, attention_mask=mask, labels=ids)
        out.loss.backward()
    except Exception as error:  # the verdict is the result, whatever its type
        return stage, f"{type(error).__name__}: {error}"[:300]
    return "fine", ""


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    given = json.load(sys.stdin)
    wanted = set(given["changes"]) if "changes" in given else None
    found, untried = [], {}
    # What a class prints is no part of the answer.
    with contextlib.redirect_stdout(io.StringIO()):
        for name, base in given["configs"].items():
            stage, error = judge(json.dumps(base))
            if stage != "fine":
                untried[name] = f"{stage}: {error}"
                continue
            for class_name, key, label, config in all_changes(base, base, read(base)):
                if wanted is not None and wanted.isdisjoint({label, f"{name} {key}: {label}"}):
                    continue
                text = json.dumps(config)
                stage, error = judge(text)
                row = {"config": name, "class": class_name, "key": key, "change": label, "text": text}
                found.append({**row, "stage": stage, "error": error})
    json.dump({"transformers": version("transformers"), "untried": untried, "found": found}, sys.stdout)


if __name__ == "__main__":
    main()
