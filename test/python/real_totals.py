"""Count the parameters of published models: transformers itself, on the meta device, from their config.json files.

    python test/python/real_totals.py [NAME …]

builds what each file of `test/fixtures/configs` and its `partial/` means, or each one named, and writes what it counted
to `totals.json` there, under the release of transformers that this Python has. Run it once with each release.

A causal language model gives `class`, `total` and `experts`. A file with another model's settings inside (`text_config`,
`thinker_config`) gives `whole`, the class that `architectures` names, with `text_part`, what its language model and head
hold; and `text`, the language model built alone. Where the release refuses there is `refused` with its own words.

Parameters are counted once, however many names a tied one has; buffers are not counted. `experts` are the routed ones.
Quantization settings are left out, so that what is counted is the model and not its packed form.
"""

import importlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForImageTextToText, PreTrainedModel

folder = Path(__file__).parent.parent / "fixtures" / "configs"
record = folder / "totals.json"


def unquantized(config: dict) -> dict:
    return {
        key: unquantized(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if key not in ("quantization_config", "compression_config")
    }


def parameters(module: torch.nn.Module) -> dict[int, torch.nn.Parameter]:
    return {id(parameter): parameter for parameter in module.parameters()}


def size(tensors: dict[int, torch.nn.Parameter]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())


def experts(model: torch.nn.Module) -> dict[int, torch.nn.Parameter]:
    """Those of modules named `experts`, and of granitemoe's and jetmoe's stacks, which are recognised by their class."""
    found = {}
    for name, module in model.named_modules():
        if name.split(".")[-1] == "experts" or type(module).__name__.endswith("ParallelExperts"):
            found |= parameters(module)
    return found


def counted(model: torch.nn.Module) -> dict:
    return {"class": type(model).__name__, "total": size(parameters(model)), "experts": size(experts(model))}


def language_model(model: torch.nn.Module, text_config) -> torch.nn.Module | None:
    """The outermost module that was built from the language model's own settings."""
    return next((module for module in model.modules() if getattr(module, "config", None) is text_config), None)


def with_text_part(model: torch.nn.Module) -> dict:
    part = language_model(model, model.config.get_text_config(decoder=True))
    if part is None:
        return counted(model)
    text = parameters(part)
    for outer in model.modules():
        if isinstance(outer, PreTrainedModel) and part in outer.modules():
            head = outer.get_output_embeddings()
            text |= parameters(head) if head is not None else {}
    return counted(model) | {"text_part": size(text)}


def refusal(error: BaseException) -> str:
    """Its first sentence, without the folder that was made for it."""
    words = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}").replace(tempfile.gettempdir(), "")
    words = re.sub(r"The repository \S+ ", "The repository ", words)
    first = re.split(r"(?<=\.) (?=[A-Z])", words)[0]
    return first if len(first) <= 300 else f"{first[:299]}…"


def attempt(build) -> dict:
    try:
        with torch.device("meta"):
            return build()
    except Exception as error:  # the verdict is the result, whatever its type
        return {"refused": refusal(error)}


def whole(config, architecture: str) -> torch.nn.Module:
    named = getattr(transformers, architecture, None)
    return named(config) if named else AutoModelForImageTextToText.from_config(config, trust_remote_code=False)


def alone(config) -> torch.nn.Module:
    """Not every language model has a class with a head, nor every one an auto class: then the bare model of its module."""
    for auto in (AutoModelForCausalLM, AutoModel):
        if type(config) in auto._model_mapping:
            return auto.from_config(config, trust_remote_code=False)
    module = importlib.import_module(type(config).__module__.replace(".configuration_", ".modeling_"))
    named = (item for name, item in vars(module).items() if name.endswith("TextModel"))
    return next(item for item in named if item.config_class is type(config))(config)


def judge(published: dict) -> dict:
    with tempfile.TemporaryDirectory() as there:
        (Path(there) / "config.json").write_text(json.dumps(unquantized(published)))
        try:
            config = AutoConfig.from_pretrained(there, trust_remote_code=False)
        except Exception as error:
            return {"refused": refusal(error)}
    text_config = config.get_text_config(decoder=True)
    if text_config is config:
        return attempt(lambda: counted(AutoModelForCausalLM.from_config(config, trust_remote_code=False)))
    return {
        "whole": attempt(lambda: with_text_part(whole(config, (published.get("architectures") or [""])[0]))),
        "text": attempt(lambda: counted(alone(text_config))),
    }


transformers.logging.set_verbosity_error()
release = ".".join(transformers.__version__.split(".")[:2])
names = sys.argv[1:] or sorted(str(path.relative_to(folder))[: -len(".json")] for path in folder.rglob("*.json") if path != record)
found = {}
for name in names:
    published = json.loads((folder / f"{name}.json").read_text())
    found[name] = {"model_type": published["model_type"], release: judge(published)}
    print(name, json.dumps(found[name][release]), flush=True)
totals = json.loads(record.read_text()) if record.exists() else {}
for name, row in found.items():
    totals[name] = totals.get(name, {}) | row
order = lambda row: {"model_type": row["model_type"], **{key: row[key] for key in sorted(row) if key != "model_type"}}
record.write_text(json.dumps({name: order(totals[name]) for name in sorted(totals)}, indent=2, ensure_ascii=False) + "\n")
