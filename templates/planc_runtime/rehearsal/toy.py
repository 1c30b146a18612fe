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


def make_checkpoint(folder: Path, config: dict[str, Any]) -> None:
    """Write the model of a config.json, its values large enough for a wrong mapping to show, and a tokenizer for it."""
    values = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[config["model_type"]](**values), dtype=torch.float32)
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


def make_dataset(file: Path, *, vocab_size: int, rows: int, longest: int) -> None:
    """Write rows of random words, none longer than `longest` tokens."""
    words = random.Random(0)
    with open(file, "w", encoding="utf-8") as stream:
        for _ in range(rows):
            length = words.randint(longest // 2, longest - 2)
            text = " ".join(f"w{words.randrange(len(SPECIAL), vocab_size)}" for _ in range(length))
            stream.write(json.dumps({"text": text}) + "\n")
