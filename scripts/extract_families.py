"""Writes what transformers builds for each Mixture-of-Experts family: src/model/families/MODEL_TYPE.json.

Every class is built on the meta device. One key of its config is doubled at a time, and every dim is read as a product or a
sum of keys; flags are turned over and keys set to null to see which tensors come and go. What cannot be read so is in
`families/notes.py`, `families/composites.py` and `families/stored.py`.

    python scripts/extract_families.py                writes every file
    python scripts/extract_families.py TYPE ...       writes those
    python scripts/extract_families.py --check        exits 3 where a file in git is not what the installed release says

With --output FOLDER files go there; a text model that is not among them is read from its file in git.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from families.build import build, changed, made
from families.composites import COMPOSITES, small_composite
from families.formula import fit
from families.notes import NOTES
from families.record import Part, record
from families.saved import saved_names
from families.small import small
from families.stored import STORED, layouts_of, published_as
from families.towers import towers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.utils import logging

OUTPUT = Path(__file__).resolve().parent.parent / "src" / "model" / "families"

# Families with experts that transformers builds as language models, without an expert-parallel plan.
WITHOUT_PLAN = ["llama4_text", "longcat_flash"]

# Models of several parts that save every tensor of their language model under another name than its place alone explains.
RENAMED = {"MistralLarge4ForConditionalGeneration"}

# What has an expert-parallel plan and is no language model.
NO_LANGUAGE = {"dots3_note_vision_encoder", "qwen3_omni_moe_talker_text", "openai_privacy_filter"}

PER_TOKEN = ["num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts"]

NAME = re.compile(r"(?<!['\w.])[A-Za-z_][\w.]*(?!['\w]*')")
WORDS = {"in", "i", "null", "true", "false", "has", "len", "max", "min", "numbers", "override", "is_list"}


def text_types() -> list[str]:
    found = [name for name, config in CONFIG_MAPPING.items() if getattr(config, "base_model_ep_plan", None)]
    return sorted({name for name in found if name not in NO_LANGUAGE} | set(WITHOUT_PLAN))


def class_of(model_type: str) -> str | None:
    name = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.get(model_type)
    if name is None and model_type == "mistral4":
        return "Mistral4ForCausalLM"
    return name if isinstance(name, str) or name is None else name[0]


def part_of(model_type: str) -> Part:
    """The class that shows a language model, alone where it has one, else in the model that it is a part of."""
    class_name = class_of(model_type)
    if class_name is not None:
        config = small(model_type, NOTES.get(model_type, {}).get("toy", {}))
        return Part(class_name, config, "model.")
    (whole,) = [name for name, composite in COMPOSITES.items() if composite.text_type == model_type]
    config = small_composite(whole)
    prefix, _ = text_prefix(COMPOSITES[whole].class_name, config)
    return Part(COMPOSITES[whole].class_name, config, prefix, ("text_config",))


def text_prefix(class_name: str, config: dict[str, Any]) -> tuple[str, str]:
    """What names of the language model and of its head begin with, in a model of several parts."""
    names = build(class_name, config).parameters
    (prefix,) = {found.group(1) for name in names if "expert" in name and (found := re.match(r"(.*?)layers\.\d+\.", name))}
    head = next((name for name in names if name.endswith("lm_head.weight")), "lm_head.weight")
    return prefix, head.removesuffix("weight")


def names_in(formulas: list[str]) -> set[str]:
    found = {name for formula in formulas for name in NAME.findall(re.sub(r"'[^']*'", "", formula))}
    return {name for name in found if name not in WORDS and not name.startswith("override")}


ABSENT = object()


def default_of(model_type: str, config: dict[str, Any], key: str, value: Any = ABSENT) -> Any:
    """What the class takes where its config.json has no such key, or `value`: a value, or a formula over other keys."""
    without = {name: other for name, other in config.items() if name != key}
    if value is not ABSENT:
        without[key] = value
    try:
        base = getattr(made(model_type, without), key, None)
    except Exception:
        return None
    if type(base) is not int or base == 0:
        return base if isinstance(base, (bool, int)) or (isinstance(base, list) and len(base) <= 4) else None
    others = {name: value for name, value in without.items() if type(value) is int and value > 0}

    def at(doubled: tuple[str, ...]) -> int:
        changes = {name: 2 * others[name] for name in doubled}
        return getattr(made(model_type, without | changes), key)

    moved = {}
    for name in others:
        try:
            value = at((name,))
        except Exception:
            continue
        if value != base:
            moved[name] = value
    if not moved:
        return base
    # Written in a small config, where two keys may agree by chance: what follows from both is the same.
    return fit(base, moved, at, others)


def nested(config: dict[str, Any], key: str) -> Any:
    value: Any = config
    for step in key.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def null_of(model_type: str, config: dict[str, Any], key: str) -> Any:
    """What the class takes for null, where that is something: a value, or a formula over other keys."""
    if key not in config:
        return None
    try:
        if getattr(made(model_type, config | {key: None}), key, None) is None:
            return "hidden_size // num_attention_heads" if key == "head_dim" else None
    except Exception:
        return None
    return default_of(model_type, {**config, key: None}, key, None)


def sizes_of(record: dict[str, Any], config_class: type) -> dict[str, str]:
    """planc's names of sizes → the keys that this family writes them with, where they are others."""
    fields = config_class.__dataclass_fields__
    found = {}
    ends = ("down_proj", "fc2.weight", "output_linear.weight", "w2")
    down = next(row for row in record["tensors"] if row["kind"] == "expert" and row["name"].endswith(ends))
    experts, *rest = down["shape"]
    hidden = "moe_hidden_size" if "moe_hidden_size" in rest else "hidden_size"
    (width,) = [dim for dim in rest if dim != hidden] or [hidden]
    found["num_experts"] = experts
    found["moe_intermediate_size"] = width
    aliases = getattr(config_class, "attribute_map", {})
    per_token = [key for key in PER_TOKEN if key in fields] or [aliases[key] for key in PER_TOKEN if key in aliases]
    found["num_experts_per_tok"] = per_token[0]
    if "num_layers" in fields and "num_hidden_layers" not in fields:
        found["num_hidden_layers"] = "num_layers"
    return {size: key for size, key in found.items() if size != key}


def text_record(model_type: str, problems: list[str]) -> dict[str, Any]:
    notes = NOTES.get(model_type, {})
    part = part_of(model_type)
    found, unexplained = record(part, notes)
    problems += [f"{model_type}: {problem}" for problem in unexplained]
    config = part.config["text_config"] if part.path else part.config
    config_class = CONFIG_MAPPING[model_type]
    fields = config_class.__dataclass_fields__
    lists = {
        name: {
            "formula": formula,
            **({} if name in fields or name in getattr(config_class, "attribute_map", {}) else {"computed": True}),
            **({"rename": notes["rename"][name]} if name in notes.get("rename", {}) else {}),
        }
        for name, formula in notes.get("lists", {}).items()
    }
    used = [row.get("when", "") for row in found["tensors"]] + [dim for row in found["tensors"] for dim in row["shape"]]
    used += [module[1] for module in found["modules"] if len(module) > 1]
    for name in [name for name in names_in(used) if name in fields and is_list(config, name) and name not in lists]:
        lists[name] = {}
    lists = {name: rule for name, rule in lists.items() if any(name in formula for formula in used)}
    formulas = used + [rule["formula"] for rule in lists.values() if "formula" in rule]
    sizes = sizes_of(found, config_class)
    wanted = names_in(formulas) | set(sizes.values())
    wanted |= {"hidden_size", "vocab_size", "num_attention_heads", "num_key_value_heads", "num_experts_per_tok", "head_dim"}
    defaults: dict[str, Any] = {}
    for key in sorted(wanted):
        if key in lists or key == "num_hidden_layers":
            continue
        if "." in key:
            if (value := nested(made(model_type, {}).to_dict(), key)) is not None:
                defaults[key] = value
            continue
        value = default_of(model_type, config, key)
        if key == "head_dim" and value is None and "head_dim" in names_in(formulas):
            value = "hidden_size // num_attention_heads"
        if value is not None:
            defaults[key] = value
    defaults |= notes.get("defaults", {})
    nulls = {key: value for key in sorted(wanted) if (value := null_of(model_type, config, key)) is not None}
    if "tie_word_embeddings" in fields and can_tie(part):
        defaults["tie_word_embeddings"] = bool(getattr(made(model_type, {}), "tie_word_embeddings", False))
    aliases: dict[str, list[str]] = {}
    for other, key in sorted(getattr(config_class, "attribute_map", {}).items()):
        if key in wanted or key in lists or key in sizes.values():
            aliases.setdefault(key, []).append(other)
        if other in lists or other in wanted:
            aliases.setdefault(other, []).append(key)
    aliases |= notes.get("aliases", {})
    saved = saved_of(part)
    tensors = []
    for row in found["tensors"]:
        stored = saved.get(row["name"])
        if stored and row["kind"] != "expert" and len(stored) == 1:
            row = {**row, "stored": stored[0]}
        elif stored and row["kind"] != "expert":
            problems.append(f"{model_type}: {row['name']} is stored as {stored}")
        tensors.append(row)
    made_record = {
        "model_type": model_type,
        "architecture": class_of(model_type),
        "sizes": sizes,
        "aliases": aliases,
        "defaults": defaults,
        "nulls": nulls,
        "lists": lists,
        "tensors": tensors,
        "modules": found["modules"],
        **storage(model_type, tensors, saved),
        "toy": {key: value for key, value in config.items() if key != "model_type"},
    }
    return {key: value for key, value in made_record.items() if value not in (None, {}, [])}


def can_tie(part: Part) -> bool:
    """Whether the class lets the head share the embedding's matrix: some have the key and do not look at it."""
    changes: dict[Any, Any] = {("tie_word_embeddings",): True}
    if part.path:
        changes[(*part.path, "tie_word_embeddings")] = True
    tied = build(part.class_name, changed(part.config, changes)).tied
    return any(name.endswith("lm_head.weight") for name in tied)


def is_list(config: dict[str, Any], name: str) -> bool:
    return isinstance(config.get(name), list)


def saved_of(part: Part) -> dict[str, list[str]]:
    """Names as saved, of the language model under its own names."""
    if not part.path:
        return saved_names(part.class_name, part.config)
    if part.class_name not in RENAMED:
        # Of a part of a bigger model its own names are not seen: the whole model's record says how they are stored.
        return {}
    saved = saved_names(part.class_name, part.config)
    own = {name: stored for name, stored in saved.items() if name.startswith(part.prefix)}
    return {f"model.{name.removeprefix(part.prefix)}": [f"model.{each}" for each in stored] for name, stored in own.items()}


def storage(model_type: str, tensors: list[dict[str, Any]], saved: dict[str, list[str]]) -> dict[str, Any]:
    modules: dict[str, list[str]] = {}
    for row in tensors:
        if row["kind"] == "expert":
            module, part = row["name"].rsplit(".", 1)
            modules.setdefault(module, []).append(part)
    memory = next(iter(modules))
    by_hand = STORED.get(model_type, {})
    layouts = layouts_of(model_type, memory, memory, modules[memory])
    return {
        "published": published_as(model_type, layouts),
        "layouts": layouts,
        **{key: by_hand[key] for key in ("beside", "unread", "compared") if key in by_hand},
    }


def composite_record(model_type: str, text_file: Path, problems: list[str]) -> dict[str, Any]:
    """`text_file`: the record of its language model."""
    composite = COMPOSITES[model_type]
    config = small_composite(model_type)
    prefix, head = text_prefix(composite.class_name, config)
    rows, unexplained = towers(composite.class_name, config, prefix, (head, "model.decoder."))
    problems += [f"{model_type}: {problem}" for problem in unexplained]
    used = [row.get("when", "") for row in rows] + [dim for row in rows for dim in [*row["shape"], row.get("repeat", "")]]
    defaults = {}
    plain = made(config["model_type"], {}).to_dict()
    for key in sorted(names_in(used)):
        value = nested(plain, key)
        if isinstance(value, (bool, int)):
            defaults[key] = value
        elif isinstance(value, dict):
            defaults[key] = True
    text = json.loads(text_file.read_text())
    stored, stored_head = STORED.get(model_type, {}).get("prefix", (prefix, head))
    module = next(row["name"] for row in text["tensors"] if row["kind"] == "expert").rsplit(".", 1)[0]
    parts = [row["name"].rsplit(".", 1)[1] for row in text["tensors"] if row["kind"] == "expert"]
    in_memory = prefix + module.removeprefix("model.")
    layouts = layouts_of(model_type, in_memory, stored + module.removeprefix("model."), parts)
    return {
        "model_type": model_type,
        "architecture": composite.class_name,
        "text": {
            "type": composite.text_type,
            "config": [composite.within, "text_config"] if composite.within else ["text_config"],
            "memory": [prefix, head],
            "stored": [stored, stored_head],
        },
        **({"within": composite.within} if composite.within else {}),
        "towers": rows,
        **({"defaults": defaults} if defaults else {}),
        "published": published_as(model_type, layouts),
        "layouts": layouts,
        **{key: value for key, value in STORED.get(model_type, {}).items() if key == "others"},
        "toy": {key: value for key, value in config.items() if key not in ("model_type", "text_config")} | composite.toy,
    }


def text_of(record: dict[str, Any]) -> str:
    """The file of a record: one tensor a line."""
    lines = []
    for key, value in record.items():
        if key in ("tensors", "modules", "towers"):
            rows = ",\n".join("    " + json.dumps(row) for row in value)
            lines.append(f'  "{key}": [\n{rows}\n  ]')
        else:
            lines.append(f'  "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("types", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.set_verbosity_error()
    problems: list[str] = []
    stale = []
    known = text_types()
    for model_type in options.types or [*known, *COMPOSITES]:
        before = len(problems)
        try:
            if model_type in COMPOSITES:
                name = f"{COMPOSITES[model_type].text_type}.json"
                folders = [options.output, OUTPUT]
                text_file = next((path for folder in folders if (path := folder / name).exists()), OUTPUT / name)
                made_record = composite_record(model_type, text_file, problems)
            else:
                made_record = text_record(model_type, problems)
        except Exception as error:
            problems.append(f"{model_type}: {type(error).__name__}: {error}")
            print(f"{model_type}: {problems[-1][:300]}", flush=True)
            if len(options.types) == 1:
                raise
            continue
        text = text_of(made_record)
        file = options.output / f"{model_type}.json"
        if not file.exists() or file.read_text() != text:
            stale.append(model_type)
            if not options.check:
                file.write_text(text)
        for problem in problems[before:][:8]:
            print(problem[:300], flush=True)
    if options.check and stale:
        print(f"not what is installed: {', '.join(stale)}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
