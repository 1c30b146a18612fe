"""How transformers itself names a model's tensors when it saves it: every tensor is filled with a number of its own."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open

from families.build import made
from families.record import template

EXPERT = re.compile(r"(?<=experts\.)\d+(?=\.)")
LAYER = re.compile(r"(?<=[.])(?:layers|blocks|h)\.\d+(?=\.|$)|^layers\.\d+(?=\.|$)")


def open_name(name: str) -> str:
    """A stored name with its layer and its expert open."""
    name = LAYER.sub(lambda found: found.group().rsplit(".", 1)[0] + ".{layer}", name, count=1)
    return EXPERT.sub("{expert}", name, count=1)


def saved_names(class_name: str, config: dict[str, Any]) -> dict[str, list[str]]:
    """Open name in memory → open names in the saved checkpoint, where they are others."""
    made_config = made(config["model_type"], config)
    model = getattr(transformers, class_name)._from_config(made_config)
    numbers: dict[float, str] = {}
    with torch.no_grad():
        for index, (name, tensor) in enumerate(model.state_dict().items()):
            if not tensor.is_floating_point():
                continue
            tensor.fill_(index + 1)
            numbers[float(index + 1)] = template(name)[0]
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        for file in sorted(Path(folder).glob("*.safetensors")):
            with safe_open(file, "pt") as opened:
                for name in opened.keys():
                    values = set(opened.get_tensor(name).flatten().tolist())
                    for value in values:
                        source = numbers.get(float(value))
                        names = found.setdefault(source, []) if source is not None else None
                        if names is not None and open_name(name) not in names:
                            names.append(open_name(name))
    return {name: stored for name, stored in found.items() if stored != [name]}
