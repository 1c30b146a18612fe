"""What PEFT makes of models on the meta device: the oracle of the tables of adapters.

Reads a JSON list of `[config, [arguments of LoraConfig, ...]]` on standard input. Writes a JSON list: for each config a list with,
for each set of arguments, the trainable parameters (name -> shape, as PEFT names them in the model), or the error's text.
"""

import copy
import json
import sys
import warnings

from meta_model import build
from peft import LoraConfig, inject_adapter_in_model


def adapters(config: dict, arguments: dict) -> dict[str, list[int]] | str:
    model = build(copy.deepcopy(config))
    try:
        inject_adapter_in_model(LoraConfig(**arguments), model)
    except Exception as error:  # the verdict is the result, whatever its type
        return f"{type(error).__name__}: {error}"
    found = {name: list(tensor.shape) for name, tensor in model.named_parameters() if tensor.requires_grad}
    return {name.replace(".default.", "."): shape for name, shape in found.items()}


warnings.simplefilter("ignore")
asked = json.load(sys.stdin)
json.dump([[adapters(config, arguments) for arguments in sets] for config, sets in asked], sys.stdout)
