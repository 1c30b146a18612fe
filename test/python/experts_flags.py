"""
How experts modules say that they compute, and the format of their routing weights.

    python experts_flags.py TOYS_JSON

Standard output: a JSON list, for each toy config in a bfloat16 model of its language model the flags of its experts
module, the name of the class that has its gate (null where all share it), and the format of the routing weights; null where the
module says nothing of itself or there is no such model without others around it.
"""

import json
import logging
import sys
import warnings
from contextlib import suppress

import torch
from transformers import CONFIG_MAPPING, AutoModel, AutoModelForCausalLM

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


class SeenError(Exception):
    """The experts were called: nothing after that matters."""


def model_of(toy: dict) -> torch.nn.Module:
    config = CONFIG_MAPPING[toy["model_type"]](**{key: each for key, each in toy.items() if key != "model_type"})
    for kind in (AutoModelForCausalLM, AutoModel):
        if type(config) in kind._model_mapping:
            return kind.from_config(config, dtype=torch.bfloat16)
    raise LookupError


def flags(toy: dict) -> dict | None:
    try:
        model = model_of(toy)
    except LookupError:
        return None
    experts = next((module for module in model.modules() if hasattr(module, "has_post_expert_norm")), None)
    if experts is None:
        return None
    found = {}

    def see(module, arguments):
        found["weights"] = str(arguments[2].dtype).removeprefix("torch.")
        raise SeenError

    experts.register_forward_pre_hook(see)
    with suppress(SeenError):
        model.train()(input_ids=torch.arange(3, 19)[None], use_cache=False)
    gate = type(experts)._apply_gate
    return {
        "gated": experts.has_gate,
        "bias": experts.has_bias,
        "interleaved": not experts.is_concatenated,
        "norm": experts.has_post_expert_norm,
        "transposed": experts.is_transposed,
        "gate": None if gate.__module__ == "transformers.integrations.moe" else gate.__qualname__.split(".")[0],
        "activation": type(getattr(experts, "act_fn", None)).__name__,
        **found,
    }


print(json.dumps([flags(toy) for toy in json.loads(sys.argv[1])]))
