"""Make a checkpoint of a config.json's model with random bfloat16 weights, on one GPU, and say how long it takes to write it.

    PYTHONPATH=templates python scripts/bench/random_checkpoint.py FOLDER CONFIG_JSON [--layers N] [--tokenizer FOLDER] [--stack]

With --stack it is written once more, beside the other, by the stack's own save_pretrained. FOLDER must not be there.
"""

import argparse
import json
import os
import shutil
import time
from pathlib import Path

import torch
import torch.distributed as dist
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from planc_runtime.checkpoint.ranks import Ranks
from planc_runtime.checkpoint.streaming import stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("--layers", type=int, help="in place of the config's")
    parser.add_argument("--tokenizer", type=Path, help="a folder whose tokenizer is copied")
    parser.add_argument("--stack", action="store_true")
    options = parser.parse_args()
    config = json.loads(options.config.read_text())
    if options.layers is not None:
        config["num_hidden_layers"] = options.layers
    alone = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511", "RANK": "0", "WORLD_SIZE": "1"}
    os.environ |= alone
    dist.init_process_group("gloo")
    with torch.device("cuda"):
        configuration = CONFIG_MAPPING[config.pop("model_type")](**config)
        model = AutoModelForCausalLM.from_config(configuration, dtype=torch.bfloat16)
    gigabytes = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters()) / 1e9

    options.folder.mkdir(parents=True)
    begun = time.perf_counter()
    stream(model, model.save_pretrained, options.folder, Ranks())
    print(f"{gigabytes:.1f} GB written and read back in {time.perf_counter() - begun:.1f} s")
    if options.stack:
        beside = options.folder.with_name(f"{options.folder.name}-stack")
        begun = time.perf_counter()
        model.save_pretrained(beside)
        print(f"by the stack, not read back, in {time.perf_counter() - begun:.1f} s")
    if options.tokenizer is not None:
        for file in options.tokenizer.glob("tokenizer*.json"):
            shutil.copy(file, options.folder)
    os._exit(0)  # gloo's threads may abort a process that ends in good order


if __name__ == "__main__":
    main()
