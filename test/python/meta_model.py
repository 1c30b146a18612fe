"""Build models on the meta device and say what they hold: the oracle of the parameter tables.

Reads a JSON list of config objects on standard input. Writes a JSON list: for each config an object with `parameters`
and `buffers` (name -> shape, every layer written out), `names` (module and parameter names with numbers replaced by
`*`), `float32` (parameters, with `*`, that from_pretrained holds in float32 when it is asked for bfloat16), `tied` (whether the head shares the embedding) and `architecture`; or `error` where transformers refuses it.
"""

import json
import re
import sys

import torch
from transformers import CONFIG_MAPPING, AutoModelForCausalLM
from transformers.core_model_loading import build_glob_alternation


def wildcard(name: str) -> str:
    return re.sub(r"\.\d+(?=\.|$)", ".*", name)


def describe(config: dict) -> dict:
    config = dict(config)
    config.pop("quantization_config", None)
    model_type = config.pop("model_type")
    try:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[model_type](**config), dtype=torch.bfloat16)
    except Exception as error:  # the verdict is the result, whatever its type
        return {"error": f"{type(error).__name__}: {error}"}
    parameters = {name: list(tensor.shape) for name, tensor in model.named_parameters()}
    names = {wildcard(name) for name, _ in model.named_modules()} | {wildcard(name) for name in parameters}
    state = model.state_dict()
    kept = list(model._get_dtype_plan(torch.bfloat16))
    is_kept = build_glob_alternation(kept)[0].search if kept else lambda _: False
    float32 = {
        wildcard(name) for name, tensor in model.named_parameters() if tensor.dtype == torch.float32 or is_kept(name)
    }
    return {
        "architecture": type(model).__name__,
        "parameters": parameters,
        "buffers": {
            name: list(tensor.shape)
            for name, tensor in state.items()
            if name not in parameters and name != "lm_head.weight"
        },
        "names": sorted(names),
        "float32": sorted(float32),
        "tied": model.get_output_embeddings().weight is model.get_input_embeddings().weight,
    }


json.dump([describe(config) for config in json.load(sys.stdin)], sys.stdout)
