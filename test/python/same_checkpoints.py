"""Compare two checkpoint folders tensor by tensor, load the second, and see how far it is from a third.

    python same_checkpoints.py FOLDER FOLDER START
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def tensors(folder: str) -> dict[str, torch.Tensor]:
    return {name: tensor for file in Path(folder).glob("*.safetensors") for name, tensor in load_file(file).items()}


first, second, start = (tensors(folder) for folder in sys.argv[1:4])
_, report = AutoModelForCausalLM.from_pretrained(sys.argv[2], output_loading_info=True)
both = set(first) & set(second)
found = {
    "left_over": sorted(set(first) ^ set(second)),
    "different": sorted(name for name in both if not torch.equal(first[name], second[name])),
    "moved": max((second[name] - start[name]).abs().max().item() for name in set(second) & set(start)),
    "report": {kind: sorted(map(str, report[f"{kind}_keys"])) for kind in ("missing", "unexpected", "mismatched")},
}
print(json.dumps(found))
