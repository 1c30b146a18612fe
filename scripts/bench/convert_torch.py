"""Convert a checkpoint to three stacks a layer as converters with a tensor library do: load, stack, save."""

import re
import sys
from pathlib import Path

import torch
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import load_file, save_file

source, output = Path(sys.argv[1]), Path(sys.argv[2])
tensors: dict[str, torch.Tensor] = {}
for file in sorted(source.glob("*.safetensors")):
    tensors |= load_file(file)
stacks: dict[str, dict[int, torch.Tensor]] = {}
for name in list(tensors):
    match = re.fullmatch(r"(.*\.experts)\.(\d+)\.(\w+)\.weight", name)
    if match:
        stacks.setdefault(f"{match[1]}.{match[3]}", {})[int(match[2])] = tensors.pop(name)
for name, experts in stacks.items():
    tensors[name] = torch.stack([experts[index] for index in range(len(experts))])
output.mkdir()
split = split_torch_state_dict_into_shards(tensors, max_shard_size="5GB")
for file, names in split.filename_to_tensors.items():
    save_file({name: tensors[name] for name in names}, output / file, metadata={"format": "pt"})
