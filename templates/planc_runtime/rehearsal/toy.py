"""Make a toy checkpoint, a tokenizer and a dataset, all of them local and seeded."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import nn
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from planc_runtime.export.table import FORMATS, Table
from planc_runtime.parts.parts import class_named
from planc_runtime.parts.published import made_of

# The folder of the tokenizer, beside that of the model.
TOKENIZER = "tokenizer"

SPECIAL = ["<pad>", "<bos>", "<eos>"]

# Tokens of the sliding window, if there is one: fewer than many documents have.
WINDOW = 24


def make_checkpoint(folder: Path, config: dict[str, Any], lock: dict[str, Any]) -> None:
    """
    Write the model of a config.json, its values large enough for a wrong mapping to show, and a tokenizer for it.

    Args:
        lock: of the toy's bundle.
    """
    values = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    made = CONFIG_MAPPING[config["model_type"]](**values)
    text = made.get_text_config(decoder=True)
    if getattr(text, "sliding_window", None) is not None:
        text.sliding_window = min(text.sliding_window, WINDOW)  # one that the config.json leaves to its class
    torch.manual_seed(0)
    has_parts = bool(lock["model"].get("towers"))
    if has_parts:
        # The class of all parts, one that speaks included; a publisher may spell it another way than the release.
        published = getattr(transformers, (config.get("architectures") or [""])[0], None)
        model = (published or class_named(lock["model"]["architecture"]))(made).float()
    else:
        model = AutoModelForCausalLM.from_config(made, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    if has_parts:
        save_as_published(model, folder, lock)
    else:
        model.save_pretrained(folder)
    # Apart from config.json: by that, transformers would read the words of some families as pieces that are not there.
    make_tokenizer(text.vocab_size).save_pretrained(folder.with_name(TOKENIZER))


def save_as_published(model: PreTrainedModel, folder: Path, lock: dict[str, Any]) -> None:
    """
    Write a model of several parts: the text model in the names and orientation of its publisher, the rest as transformers
    does, whose own names and orientation of the text model are not always those that it loads on every mesh.
    """
    table = Table(lock, layout=lock["model"]["layout"], dtype=next(iter(FORMATS)))
    path, text = _module_with(model, next(iter(table.parameters)))
    memory = text.state_dict()
    own = {f"{path}{name}" for name in [*table.parameters, *table.tied]}
    model.save_pretrained(
        folder, state_dict={name: each for name, each in model.state_dict().items() if name not in own}
    )
    (file,) = folder.glob("*.safetensors")
    save_file(load_file(file) | {each.name: made_of(each, memory) for each in table.stored}, file, {"format": "pt"})


def _module_with(model: nn.Module, parameter: str) -> tuple[str, nn.Module]:
    """The model itself, or the part of it, by which the parameter has this name; and where that is."""
    for path, module in [("", model), *((f"{name}.", child) for name, child in model.named_children())]:
        if parameter in module.state_dict():
            return path, module
    raise ValueError(f"{type(model).__name__} has no {parameter}")


def make_tokenizer(vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words `w3`, `w4`, ... that fills the vocabulary."""
    words = SPECIAL + [f"w{index}" for index in range(len(SPECIAL), vocab_size)]
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = Whitespace()
    pad, bos, eos = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, bos_token=bos, eos_token=eos, unk_token=pad
    )


def make_pairs(file: Path, *, vocab_size: int, rows: int, length: int) -> None:
    """
    Write pairs of random words: a prompt, and two answers of different lengths. One row in eight is longer than `length`, so
    that its answers are cut.
    """
    words = random.Random(0)

    def text(count: int) -> str:
        return " ".join(f"w{words.randrange(len(SPECIAL), vocab_size)}" for _ in range(count))

    with open(file, "w", encoding="utf-8") as stream:
        for row in range(rows):
            prompt = words.randint(length // 8, length // 3)
            answers = [length if row % 8 == 7 else words.randint(length // 8, length // 2) for _ in range(2)]
            pair = {"prompt": text(prompt), "chosen": f" {text(answers[0])}", "rejected": f" {text(answers[1])}"}
            stream.write(json.dumps(pair) + "\n")


def make_dataset(file: Path, *, vocab_size: int, rows: int, length: int) -> None:
    """
    Write rows of random words. Most are shorter than half of `length`, so that several fit into a packed row, and many of them
    longer than the toy's sliding window; one in eight is longer than `length`, so that it is cut or split.
    """
    words = random.Random(0)
    with open(file, "w", encoding="utf-8") as stream:
        for row in range(rows):
            count = length + length // 4 if row % 8 == 7 else words.randint(length // 8, length * 5 // 8)
            text = " ".join(f"w{words.randrange(len(SPECIAL), vocab_size)}" for _ in range(count))
            stream.write(json.dumps({"text": text}) + "\n")
