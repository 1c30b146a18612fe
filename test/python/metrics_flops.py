"""Compare the FLOP formula with what torch counts, and with the published figure.

    python metrics_flops.py LOCK CONFIG TOYS

CONFIG is the config.json of LOCK's model; TOYS is a JSON list of small configs. Prints one JSON object.
"""

import json
import sys
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from planc_runtime.metrics.flops import flops_of, mean_keys

SEQUENCE = 24


def config_of(written: dict):
    options = dict(written)
    return CONFIG_MAPPING[options.pop("model_type")](**options)


def of_lock(lock: dict, config) -> dict:
    shapes = [
        (tensor["name"].replace("{layer}", str(layer)), tuple(tensor["shape"]))
        for tensor in lock["model"]["tensors"]
        for layer in tensor["layers"] or [0]
    ]
    flops = flops_of(config, shapes, sequence=4096, experts_per_token=config.num_experts_per_tok)
    return {"total": flops.total, "matrices": flops.matrices, "active": lock["model"]["parameters"]["active"]}


def of_toy(written: dict) -> dict:
    """Eager attention multiplies what the mask hides too: twice what the formula says. Norms and biases multiply nothing."""
    config = config_of(written)
    model = AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager"
    ).train()
    shapes = [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]
    options = {"sequence": SEQUENCE, "experts_per_token": config.num_experts_per_tok}
    flops = flops_of(config, shapes, **options)
    vectors = flops_of(config, [each for each in shapes if len(each[1]) == 1], **options)
    tokens = torch.arange(2 * SEQUENCE).reshape(2, SEQUENCE) % 90
    with FlopCounterMode(display=False) as counter:
        model(input_ids=tokens, labels=tokens, use_cache=False).loss.backward()
    expected = flops.matrices - vectors.matrices + 2 * flops.attention
    return {"model_type": config.model_type, "counted": counter.get_total_flops() / tokens.numel(), "formula": expected}


def of_window(sequence: int, window: int) -> dict:
    seen = [min(place + 1, window) for place in range(sequence)]
    return {"counted": sum(seen) / sequence, "formula": mean_keys(sequence, window)}


lock = json.loads(Path(sys.argv[1]).read_text())
config = config_of(json.loads(Path(sys.argv[2]).read_text()))
found = {
    "lock": of_lock(lock, config),
    "toys": [of_toy(toy) for toy in json.loads(sys.argv[3])],
    "windows": [of_window(4096, window) for window in (1, 128, 4000, 4096, 9000)],
}
print(json.dumps(found))
