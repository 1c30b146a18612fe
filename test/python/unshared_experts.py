"""Train the same model with its experts inside of FSDP and outside, and compare.

    python unshared_experts.py FOLDER CASES_JSON

A case is {"config", "mesh", "dtype"}. The oracle is transformers' own sharding of the same checkpoint. Rank 0 prints a JSON list:
for each case the modules outside, whether each gradient is the same number, the norms that the trainer clips by, and whether
the gathered model is the one that was loaded.
"""

import contextlib
import json
import sys
from pathlib import Path

import torch
import torch.distributed as distributed
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, DistributedConfig, Trainer

from planc_runtime import dispatch
from planc_runtime.stack.transformers import gather
from planc_runtime.unshared import manage, outside_of_fsdp

# Of one step: all but the last are added up before they are reduced.
MICRO_BATCHES = 3


def checkpoint(folder: Path, config: dict, dtype: torch.dtype) -> None:
    values = {key: value for key, value in config.items() if key != "model_type"}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[config["model_type"]](**values), dtype=dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)


def load(folder: Path, case: dict, *, is_outside: bool):
    dtype = getattr(torch, case["dtype"])
    config = DistributedConfig(
        **case["mesh"], ep_implementation="planc", fsdp_mixed_precision=case.get("mixed", dtype == torch.bfloat16)
    )
    with outside_of_fsdp(config if is_outside else None) as modules:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, distributed_config=config)
    manage(model, modules)
    return model.train()


def batch(number: int, case: dict, vocab_size: int) -> torch.Tensor:
    place = distributed.get_rank() // case["mesh"].get("tp_size", 1)
    generator = torch.Generator().manual_seed(100 * number + place)
    return torch.randint(3, vocab_size, (2, 17), generator=generator)


def step(model, case: dict, number: int, *, defers: bool) -> None:
    """One step's gradients, the way transformers' trainer makes them."""
    for each in range(MICRO_BATCHES):
        waits = defers and each < MICRO_BATCHES - 1
        scope = Trainer._defer_fsdp_gradient_reduction(Holder(model)) if waits else contextlib.nullcontext()
        with scope:
            tokens = batch(MICRO_BATCHES * number + each, case, model.config.vocab_size)
            loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
            (loss.full_tensor() if isinstance(loss, DTensor) else loss).backward()


class Holder:
    """What those methods of a trainer ask for."""

    def __init__(self, model) -> None:
        self.model = model


def whole(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def differing(first, second) -> list[str]:
    """Names whose gradients are not the same numbers, or not in the parameter's format."""
    found, expected = (dict(model.named_parameters()) for model in (first, second))
    return [
        name
        for name, parameter in found.items()
        if parameter.grad.dtype != parameter.dtype
        or not torch.equal(whole(parameter.grad), whole(expected[name].grad))
    ]


def compare(folder: Path, case: dict) -> dict:
    inside, outside = load(folder, case, is_outside=False), load(folder, case, is_outside=True)
    apart = [
        name
        for name, module in outside.named_modules()
        if name.endswith(".experts") and not isinstance(module, FSDPModule)
    ]
    gathered = [gather(model) for model in (inside, outside)]
    answer = {
        "outside": len(apart),
        "inside": sum(name.endswith(".experts") for name, module in inside.named_modules() if isinstance(module, FSDPModule)),
        "gathered": all(torch.equal(gathered[1][name], tensor) for name, tensor in gathered[0].items()),
        "num_gathered": len(gathered[1]),
        "differing": {},
        "norms": [],
    }
    for number, defers in enumerate((True, False)):
        for model in (inside, outside):
            step(model, case, number, defers=defers)
        answer["differing"]["added up" if defers else "reduced each"] = differing(outside, inside)
        answer["norms"].append([Trainer._mixed_mesh_grad_norm(None, model, 0.5).item() for model in (inside, outside)])
        answer["differing"][f"clipped {number}"] = differing(outside, inside)
        for model in (inside, outside):
            model.zero_grad()
    return answer


def main() -> None:
    root, cases = Path(sys.argv[1]), json.loads(sys.argv[2])
    dispatch.register()
    distributed.init_process_group("gloo")
    answers = []
    for number, case in enumerate(cases):
        folder = root / f"model-{number}"
        if distributed.get_rank() == 0:
            checkpoint(folder, case["config"], getattr(torch, case["dtype"]))
        distributed.barrier()
        answers.append(compare(folder, case))
    if distributed.get_rank() == 0:
        print(json.dumps(answers), flush=True)
    distributed.barrier()


main()
