"""Make a toy checkpoint of a config.json's family, with a tokenizer and a dataset, all of it local and seeded.

    python toy_checkpoint.py FOLDER CONFIG_JSON [--rows N]

FOLDER gets `model/` (weights, config, tokenizer), `data.jsonl` (rows of text that the tokenizer reads) and `pairs.jsonl` (a
prompt with two answers).
"""

import argparse
import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedTokenizerFast


def make_tokenizer(vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words `w3`, `w4`, … that fills the model's vocabulary."""
    special = ["<pad>", "<bos>", "<eos>"]
    words = {word: index for index, word in enumerate(special + [f"w{i}" for i in range(len(special), vocab_size)])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<pad>"))
    tokenizer.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>", unk_token="<pad>"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("config")
    parser.add_argument("--rows", type=int, default=64)
    arguments = parser.parse_args()

    config = json.loads(arguments.config)
    model_type = config.pop("model_type")
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[model_type](**config), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():  # large enough that a wrong mapping shows in the loss
            parameter.add_(torch.randn_like(parameter) * 0.05)
    folder = arguments.folder / "model"
    model.save_pretrained(folder)
    make_tokenizer(config["vocab_size"]).save_pretrained(folder)

    words = random.Random(0)
    with open(arguments.folder / "data.jsonl", "w", encoding="utf-8") as file:
        for _ in range(arguments.rows):
            length = words.randint(20, 60)
            text = " ".join(f"w{words.randrange(3, config['vocab_size'])}" for _ in range(length))
            file.write(json.dumps({"text": text}) + "\n")
    words = random.Random(1)
    with open(arguments.folder / "pairs.jsonl", "w", encoding="utf-8") as file:
        for _ in range(arguments.rows):
            row = {}
            for column in ("prompt", "chosen", "rejected"):
                ids = [words.randrange(3, config["vocab_size"]) for _ in range(words.randint(4, 14))]
                row[column] = " " + " ".join(f"w{each}" for each in ids)
            file.write(json.dumps(row) + "\n")


main()
