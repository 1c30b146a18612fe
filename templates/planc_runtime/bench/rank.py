"""
One rank of one variant.

    python -m planc_runtime.bench.rank SPEC VARIANT

SPEC is the file that the bench wrote; what was measured goes to `VARIANT-RANK.json` beside it.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import signal
import statistics
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from transformers import DistributedConfig, PreTrainedModel

from planc_runtime.bench.balance import Balance
from planc_runtime.bench.clock import Clock
from planc_runtime.bench.head import loss_of
from planc_runtime.bench.kernels import write_kernel_times
from planc_runtime.bench.model import build_model
from planc_runtime.bench.traffic import AllToAllBytes
from planc_runtime.bench.variants import VARIANTS, Variant
from planc_runtime.liger import use_liger
from planc_runtime.metrics.faults import Faults
from planc_runtime.metrics.flops import flops_of
from planc_runtime.metrics.sources import ExpertCounts
from planc_runtime.recompute import apply_recompute


def main() -> None:
    """Measure, and end this process: 0, or 1 with the reason on the last line that begins with `error:`."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    file, variant = Path(sys.argv[1]), VARIANTS[sys.argv[2]]
    try:
        found = measure(json.loads(file.read_text(encoding="utf-8")), variant)
        written = file.parent / f"{variant.name}-{os.environ['RANK']}.writing"
        written.write_text(json.dumps(found))
        written.rename(written.with_suffix(".json"))
        status = 0
    except BaseException as error:
        traceback.print_exc()
        print(f"error: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", file=sys.stderr)
        status = 1
    if status == 0:
        # Whoever goes while another still waits for a message takes it down. A barrier is such a message; files are none.
        while len(list(file.parent.glob(f"{variant.name}-*.json"))) < int(os.environ["WORLD_SIZE"]):
            time.sleep(0.02)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # libraries that are taken apart while other ranks work say things that hide the reason


def measure(spec: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """What this rank took for the steps, and what came out of them."""
    if variant.module is not None:
        importlib.import_module(variant.module).register()
    config = spec["config"]
    is_liger = spec["liger"] and use_liger(config["model_type"])
    model = build_model(
        config,
        architecture=spec["architecture"],
        dtype=getattr(torch, spec["dtype"]),
        distributed_config=DistributedConfig(
            fsdp_size=spec["world_size"],
            ep_size=1 if variant.ep_implementation is None else spec["ep_size"],
            ep_implementation=variant.ep_implementation or "auto",
            ep_plan=spec["ep_plan"] if variant.ep_implementation else None,
            fsdp_mixed_precision=spec["mixed_precision"],
        ),
        seed=spec["seed"],
        attn_implementation=spec["attn_implementation"],
        leaves_experts_out=variant.leaves_experts_out,
    )
    names: dict[str, str] = {}
    if spec["lora"] is not None:
        # By name, since a plan without adapters needs no PEFT, and its bundle has nothing that does.
        adapters = importlib.import_module(f"{__package__}.adapters")
        names = adapters.adapt(model, spec["lora"], by_planc=variant.module is not None, seed=spec["seed"])
    model.train()
    if spec["recompute"] == "full":
        model.activation_checkpointing_enable({"use_reentrant": False})
    apply_recompute(model, spec["recompute"])
    loss_of_batch = loss_of(model)
    optimizer = make_optimizer(model) if spec["optimizer"] else None
    device = next(model.parameters()).device
    rank, shape = torch.distributed.get_rank(), (spec["batch"], spec["sequence"])
    if spec["balance"]:
        Balance(model, seed=spec["seed"], rank=rank)

    def step(number: int) -> torch.Tensor:
        """Forward and backward of a batch that depends on the rank and the step alone; the optimizer comes after."""
        generator = torch.Generator().manual_seed(spec["seed"] + 1_000_003 * rank + number)
        tokens = torch.randint(config["vocab_size"], shape, generator=generator).to(device)
        # As the trainer does: PEFT's layers are in float32.
        with torch.autocast(device.type, torch.bfloat16, enabled=spec["autocast"]):
            loss = loss_of_batch(tokens)
        loss.backward()
        return loss.detach()

    def update() -> None:
        if optimizer is not None:
            optimizer.step()
        model.zero_grad(set_to_none=True)

    losses, traffic, gradients, chosen = [], AllToAllBytes(), {}, {}
    for number in range(spec["warmup"]):
        if number < spec["warmup"] - 1:
            losses.append(step(number))
        else:  # the last is looked at, which takes time
            experts = ExpertCounts(model, Faults())
            with traffic:
                losses.append(step(number))
            chosen = {name: counts[1:-1].tolist() for name, counts in experts.counts.items()}
            experts.close()
        gradients = gradients or squared_norms(model, names)
        update()
    # A collection in one rank's step is a wait in every rank's; in training it is rare beside logging and saving.
    gc.collect()
    gc.freeze()
    gc.disable()
    clock = Clock(device)
    for number in range(spec["warmup"], spec["warmup"] + spec["steps"]):
        losses.append(step(number))
        update()
        clock.tick()
    seconds, memory = clock.stop()
    if spec["profile"] is not None:
        last = spec["warmup"] + spec["steps"]
        write_kernel_times(
            lambda: (step(last), update()), Path(spec["profile"]) / f"{variant.name}.txt" if rank == 0 else None
        )
    return {
        "losses": torch.stack(losses).tolist(),
        "gradients": gradients,
        "seconds": seconds,
        "median": statistics.median(seconds),
        "memory": memory,
        "chosen": chosen,
        "all_to_all": {"bytes": traffic.sent, "calls": traffic.calls},
        "flops": asdict(flops_of(spec["flops_per_token"], sequence=spec["sequence"], num_layers=spec["layers"])),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "liger": is_liger,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
    }


def make_optimizer(model: PreTrainedModel) -> torch.optim.Optimizer:
    """AdamW; fused kernels take parameters of one mesh at a time."""
    groups: dict[Any, list[torch.nn.Parameter]] = {}
    for parameter in (each for each in model.parameters() if each.requires_grad):
        groups.setdefault(getattr(parameter, "device_mesh", None), []).append(parameter)
    options = {"fused": True} if next(model.parameters()).is_cuda else {"foreach": False}
    return torch.optim.AdamW([{"params": group} for group in groups.values()], lr=1e-5, **options)


def squared_norms(model: PreTrainedModel, names: dict[str, str]) -> dict[str, float]:
    """
    Squared norm of this rank's part of each gradient, so that these add up: parameters are cut over all ranks, but for adapters that
    every rank has whole.

    Args:
        names: by which a parameter is known, where it is not its own.
    """
    grads = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
    local = {name: grad.to_local() if isinstance(grad, DTensor) else grad for name, grad in grads.items()}
    norms = [torch.linalg.vector_norm(grad, dtype=torch.float32) for grad in local.values()]
    squares = torch.stack(norms).square()
    shares = [1 if isinstance(grad, DTensor) else torch.distributed.get_world_size() for grad in grads.values()]
    found = (squares / torch.tensor(shares, device=squares.device)).tolist()
    return dict(zip((names.get(name, name) for name in local), found, strict=True))


if __name__ == "__main__":
    main()
