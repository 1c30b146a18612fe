"""What the trainer's real optimizers keep, and what they read of optim_args.

Standard input: a JSON list of `{optim, optim_args, dtype}`. Standard output: a JSON list of `{states, settings}`: bytes of
states for each byte of a parameter after one step, and the settings of the group; or `{error}`.
"""

import json
import os
import sys
import warnings

os.environ["ACCELERATE_USE_CPU"] = "true"

import torch  # noqa: E402
from transformers import Trainer  # noqa: E402
from trl import SFTConfig  # noqa: E402

warnings.simplefilter("ignore")


def measure(case: dict) -> dict:
    args = SFTConfig(
        output_dir="unused", use_cpu=True, bf16=False, optim=case["optim"], optim_args=case["optim_args"], weight_decay=0.125
    )
    parameter = torch.nn.Parameter(torch.ones(16, 64, dtype=getattr(torch, case["dtype"])))
    parameter.grad = torch.ones_like(parameter)
    made, settings = Trainer.get_optimizer_cls_and_kwargs(args)
    # The trainer's own groups carry their weight decay.
    optimizer = made([{"params": [parameter], "weight_decay": args.weight_decay}], **settings)
    optimizer.step()
    tensors = [each for each in optimizer.state[parameter].values() if isinstance(each, torch.Tensor) and each.ndim]
    group = {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}
    return {"states": sum(each.nbytes for each in tensors) / parameter.nbytes, "settings": repr(group)}


def outcome(case: dict) -> dict:
    try:
        return measure(case)
    except (TypeError, ValueError) as error:
        return {"error": str(error)}


print(json.dumps([outcome(case) for case in json.load(sys.stdin)]))
