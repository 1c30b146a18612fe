"""Make a toy checkpoint, a tokenizer and a dataset, all of them local and seeded."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<pad>", "<bos>", "<eos>"]

# Tokens of the sliding window, if there is one: fewer than many documents have.
WINDOW = 24


def make_checkpoint(folder: Path, config: dict[str, Any]) -> None:
    """Write the model of a config.json, its values large enough for a wrong mapping to show, and a tokenizer for it."""
    values = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    made = CONFIG_MAPPING[config["model_type"]](**values)
    if getattr(made, "sliding_window", None) is not None:
        made.sliding_window = min(made.sliding_window, WINDOW)  # one that the config.json leaves to its class
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(made, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    make_tokenizer(config["vocab_size"]).save_pretrained(folder)


def make_tokenizer(vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words `w3`, `w4`, ... that fills the vocabulary."""
    words = SPECIAL + [f"w{index}" for index in range(len(SPECIAL), vocab_size)]
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = Whitespace()
    pad, bos, eos = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, bos_token=bos, eos_token=eos, unk_token=pad
    )


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
