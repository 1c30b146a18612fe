"""Compare the operations that a lock counts with what torch counts.

    python metrics_flops.py TOYS

TOYS is a JSON list of `{config, flops_per_token, vectors, lora}`: a small config, what planc writes into the lock of it, and how many
of these are none: norms and biases multiply nothing. With `lora` stock PEFT's adapters are trained. Prints one JSON object.
"""

import json
import sys

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch.utils.flop_counter import FlopCounterMode
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from planc_runtime.metrics.flops import flops_of, mean_keys

SEQUENCE = 24


def of_toy(toy: dict) -> dict:
    """Eager attention multiplies what the mask hides too: twice what the formula says."""
    options = dict(toy["config"])
    config = CONFIG_MAPPING[options.pop("model_type")](**options)
    model = AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager"
    ).train()
    if "lora" in toy:
        model.requires_grad_(False)
        inject_adapter_in_model(LoraConfig(**toy["lora"]), model)
    flops = flops_of(toy["flops_per_token"], sequence=SEQUENCE)
    tokens = torch.arange(2 * SEQUENCE).reshape(2, SEQUENCE) % 90
    with FlopCounterMode(display=False) as counter:
        model(input_ids=tokens, labels=tokens, use_cache=False).loss.backward()
    expected = flops.matrices - toy["vectors"] + 2 * flops.attention
    return {"model_type": config.model_type, "counted": counter.get_total_flops() / tokens.numel(), "formula": expected}


def of_window(sequence: int, window: int) -> dict:
    seen = [min(place + 1, window) for place in range(sequence)]
    return {"counted": sum(seen) / sequence, "formula": mean_keys(sequence, window)}


found = {
    "toys": [of_toy(toy) for toy in json.loads(sys.argv[1])],
    "windows": [of_window(4096, window) for window in (1, 128, 4000, 4096, 9000)],
}
print(json.dumps(found))
