"""Build models on the meta device and say what they hold: the oracle of the parameter tables.

Reads a JSON list of config objects on standard input. Writes a JSON list: for each config an object with `parameters`
and `buffers` (name -> shape, every layer written out), `names` (module and parameter names with numbers replaced by
`*`), `float32` (parameters, with `*`, that from_pretrained holds in float32 when it is asked for bfloat16), `tied` (whether the head shares the embedding) and `architecture`; or `error` where transformers refuses it.
"""

import json
import re
import sys

import torch
import transformers
from transformers import CONFIG_MAPPING, AutoModelForCausalLM
from transformers.core_model_loading import build_glob_alternation
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES


def wildcard(name: str) -> str:
    return re.sub(r"\.\d+(?=\.|$)", ".*", name)


def build(config: dict) -> torch.nn.Module:
    """The class that the config means, of a model of several parts the one that `architectures` names."""
    model_type = config.pop("model_type")
    architecture, *_ = config.pop("architectures", None) or [None]
    if "thinker_config" in config:
        config, model_type = config["thinker_config"], "qwen3_omni_moe_thinker"
        architecture = "Qwen3OmniMoeThinkerForConditionalGeneration"
    made = CONFIG_MAPPING[model_type](**config)
    with torch.device("meta"):
        if "text_config" in config or model_type == "mistral4":
            # What is published may spell the class another way.
            named = getattr(transformers, architecture, None)
            found = named or getattr(transformers, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES[model_type])
            return found._from_config(made, dtype=torch.bfloat16)
        return AutoModelForCausalLM.from_config(made, dtype=torch.bfloat16)


def text_names(model: torch.nn.Module) -> tuple[str, str]:
    """Where the language model and its head stand: of a model of several parts the rest is no row of the table."""
    found = {id(module): name for name, module in model.named_modules()}
    return found[id(model.get_decoder())], found[id(model.get_output_embeddings())]


def describe(config: dict) -> dict:
    config = dict(config)
    config.pop("quantization_config", None)
    is_whole = "text_config" in config or "thinker_config" in config
    try:
        model = build(config)
    except Exception as error:  # the verdict is the result, whatever its type
        return {"error": f"{type(error).__name__}: {error}"}
    text, head = text_names(model) if is_whole else ("", "lm_head")

    def is_text(name: str) -> bool:
        return not is_whole or name in ("", text, head) or name.startswith((f"{text}.", f"{head}.")) or text.startswith(f"{name}.")

    state = {name: tensor for name, tensor in model.state_dict().items() if is_text(name)}
    named = {name: tensor for name, tensor in model.named_parameters() if is_text(name)}
    parameters = {name: list(tensor.shape) for name, tensor in named.items()}
    names = {wildcard(name) for name, _ in model.named_modules() if is_text(name)} | {wildcard(name) for name in parameters}
    kept = list(model._get_dtype_plan(torch.bfloat16))
    is_kept = build_glob_alternation(kept)[0].search if kept else lambda _: False
    float32 = {wildcard(name) for name, tensor in named.items() if tensor.dtype == torch.float32 or is_kept(name)}
    return {
        "architecture": type(model).__name__,
        "parameters": parameters,
        "buffers": {
            name: list(tensor.shape)
            for name, tensor in state.items()
            if name not in parameters and name != f"{head}.weight"
        },
        "names": sorted(names),
        "float32": sorted(float32),
        "tied": model.get_output_embeddings().weight is model.get_input_embeddings().weight,
    }


if __name__ == "__main__":
    json.dump([describe(config) for config in json.load(sys.stdin)], sys.stdout)
