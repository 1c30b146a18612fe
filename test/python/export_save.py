"""Save a model as a run of planc saves it, from ranks that share it; every weight changed, so that it is the run's own.

    export_save.py MODEL OUTPUT STEP SIZES_JSON

Prints a JSON object: the names of the placements that the model has, before any is made plain.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.tensor import DTensor
from transformers import AutoModelForCausalLM, DistributedConfig
from transformers.distributed.checkpoint import _redistribute_state_dict


def change(model: torch.nn.Module) -> None:
    """What stands for training: every number becomes another one, the same on any number of ranks."""
    with torch.no_grad():
        for parameter in model.parameters():
            local = parameter.to_local() if isinstance(parameter, DTensor) else parameter
            local.mul_(1.1).add_(0.01)
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.add_(torch.arange(len(buffer)) / 300)


def finish(folder: Path, step: int, sizes: dict[str, int], config: dict) -> None:
    """planc.json, which makes a checkpoint complete."""
    about = {
        "version": 1,
        "step": step,
        "world_size": sizes["fsdp_size"],
        "mesh": sizes,
        "plan": hashlib.sha256(b"a plan").hexdigest(),
        "model": {"config": config},
        "data": {},
        "files": {path.name: path.stat().st_size for path in sorted(folder.iterdir())},
    }
    (folder / "planc.json").write_text(json.dumps(about))


def main() -> None:
    source, output, step, sizes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
    model = AutoModelForCausalLM.from_pretrained(
        source, dtype=torch.float32, distributed_config=DistributedConfig(**sizes)
    )
    change(model)
    state = model.state_dict()
    placements = {
        type(placement).__name__
        for tensor in state.values()
        if isinstance(tensor, DTensor)
        for placement in tensor.placements
    }
    model_state = _redistribute_state_dict(dict(state))
    moments = {f"state.{name}.exp_avg": torch.zeros_like(tensor) for name, tensor in model_state.items()}
    folder = output / f"checkpoint-{step}"
    dcp.save({"model": model_state, "optimizer": moments}, checkpoint_id=folder)
    if torch.distributed.get_rank() == 0:
        finish(folder, step, sizes, json.loads(model.config.to_json_string()))
        print(json.dumps(sorted(placements)))
    torch.distributed.barrier()
    sys.stdout.flush()
    os._exit(0)  # gloo's threads may abort a process that ends in good order


if __name__ == "__main__":
    main()
