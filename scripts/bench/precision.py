"""How far expert parallelism in bfloat16 is from float32: planc's way and the stock one, on the same weights and tokens.

    python test/python/toy_checkpoint.py /tmp/toy "$(cat scripts/bench/two-gpus/config.json)"
    PYTHONPATH=templates torchrun --standalone --nproc-per-node 2 scripts/bench/precision.py /tmp/toy/model [--tokens 2048] [--cpu]

The reference is FSDP in float32 without expert parallelism. Prints the loss of each and the relative error of all gradients
together, of the experts' and of the routers', of the worst parameter. Ends with 1 where planc's error is more than 1.1 times the stock one's.
"""

import argparse
import os
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model", help="a checkpoint folder")
parser.add_argument("--tokens", type=int, default=2048, help="of a rank (default: %(default)s)")
parser.add_argument("--cpu", action="store_true", help="with gloo, to see it run")
arguments = parser.parse_args()
if arguments.cpu:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
import torch.distributed as distributed
from torch.distributed.tensor import DTensor
from transformers import DistributedConfig

from planc_runtime.model import load_model

KINDS = {"all": "", "experts": ".experts.", "routers": ".gate.weight"}


def run(ep_implementation: str | None, *, mixed: bool) -> tuple[float, dict[str, torch.Tensor]]:
    """Mean loss over the ranks, and on each rank its part of every gradient, made whole, on the CPU."""
    world = int(os.environ["WORLD_SIZE"])
    config = DistributedConfig(
        fsdp_size=world,
        ep_size=1 if ep_implementation is None else world,
        ep_implementation=ep_implementation or "auto",
        fsdp_mixed_precision=mixed,
    )
    model = load_model(arguments.model, revision=None, dtype=torch.float32, distributed_config=config).train()
    generator = torch.Generator().manual_seed(int(os.environ["RANK"]))
    tokens = torch.randint(3, model.config.vocab_size, (1, arguments.tokens), generator=generator).to(model.device)
    loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
    loss.backward()
    mean = loss.detach().float().clone()
    distributed.all_reduce(mean)
    gradients = {}
    for name, parameter in model.named_parameters():
        whole = parameter.grad.full_tensor() if isinstance(parameter.grad, DTensor) else parameter.grad
        if distributed.get_rank() == 0:
            gradients[name] = whole.detach().float().cpu()
    return mean.item() / world, gradients


def error(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], part: str) -> float:
    names = [name for name in expected if part in name]
    difference = sum((found[name] - expected[name]).square().sum().item() for name in names)
    return (difference / sum(expected[name].square().sum().item() for name in names)) ** 0.5


def main() -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    reference, expected = run(None, mixed=False)
    errors = {}
    for name, implementation in (("fsdp", None), ("stock", "all_to_all"), ("planc", "planc")):
        loss, found = run(implementation, mixed=not arguments.cpu)
        if distributed.get_rank() == 0:
            errors[name] = {kind: error(found, expected, part) for kind, part in KINDS.items()}
            worst = max(expected, key=lambda each: error(found, expected, each))
            parts = ", ".join(f"{kind} {value:.2e}" for kind, value in errors[name].items())
            print(f"{name}: loss {loss:.6f} of {reference:.6f}; gradients off by {parts}; worst {worst} {error(found, expected, worst):.2e}", flush=True)
    distributed.barrier()
    agrees = distributed.get_rank() != 0 or all(
        errors["planc"][kind] <= 1.1 * errors["stock"][kind] + 1e-6 for kind in KINDS
    )
    distributed.destroy_process_group()
    sys.exit(not agrees)


main()
