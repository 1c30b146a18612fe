"""Build the bench's model on 4 ranks, fsdp 4 and ep 2, and compare each rank's rows with weights that nobody has cut.

    torchrun ... bench_weights.py CONFIG

Prints the names of parameters of which this rank holds other rows than its place in the mesh says.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import DistributedConfig

from planc_runtime.bench.model import build_model, fill

config = json.loads(Path(sys.argv[1]).read_text())
model = build_model(
    config,
    architecture="Qwen3MoeForCausalLM",
    dtype=torch.float32,
    distributed_config=DistributedConfig(fsdp_size=4, ep_size=2),
    seed=3,
)
rank = torch.distributed.get_rank()
wrong = []
for name, parameter in model.named_parameters():
    whole = torch.nn.Parameter(torch.empty(parameter.shape))
    with torch.no_grad():
        fill(name, whole, std=0.02, seed=3)
    if ".experts." in name:  # neighbours hold different experts, ranks 2 apart share theirs
        first, rows = 4 * (rank % 2) + 2 * (rank // 2), 2
    else:
        rows = -(-parameter.shape[0] // 4)
        first = rank * rows
    if not torch.equal(parameter.to_local(), whole[first : first + rows]):
        wrong.append(name)
flat = torch.cat([parameter.to_local().flatten() for parameter in model.parameters() if parameter.ndim > 1])
print(json.dumps({"wrong": wrong, "std": flat.std().item(), "norm": model.model.norm.weight.to_local().tolist()}))
torch.distributed.barrier()
torch.distributed.destroy_process_group()
