"""
Times steps of each prepared configuration, on this machine's GPUs.

    PYTHONPATH=templates python scripts/bench/time/steps.py SPECS.json RESULTS.json [--gpus 1] [--seconds N] [--cpu] [NAME ...]

On two GPUs, configurations of two ranks run on both; all others run alone, a rank of the mesh on one GPU, whose collectives are
copies. RESULTS gets, for each, the seconds of its steps, those of both passes, what the host took for these, and the kernels of a
step.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

# Steps before those that are timed, and these.
WARMUP, STEPS = 3, 6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("specs", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=240, help="after which no other configuration is begun")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--gpus", type=int, choices=(1, 2), default=2, help="GPUs to use (default: %(default)s)")
    parser.add_argument("--rank", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--world", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    specs = json.loads(arguments.specs.read_text(encoding="utf-8"))
    chosen = [spec for spec in specs if not arguments.names or spec["name"] in arguments.names]
    if arguments.rank is not None:
        run_rank(arguments, chosen)
        return
    deadline = time.time() + arguments.seconds
    for world in sorted({spec["world_size"] for spec in chosen}):
        if time.time() < deadline:
            run_ranks(arguments, world=world, deadline=deadline)
    found: dict[str, Any] = {}
    for file in sorted(arguments.results.parent.glob(f"{arguments.results.stem}-*.part")):
        found |= json.loads(file.read_text(encoding="utf-8"))
    arguments.results.write_text(json.dumps(found), encoding="utf-8")
    print(json.dumps({name: each.get("median") or each.get("failure") for name, each in found.items()}))


def is_alone(world: int, gpus: int) -> bool:
    """Whether one process stands for all ranks of a mesh of that size."""
    return world != 2 or gpus < 2


def run_ranks(arguments: argparse.Namespace, *, world: int, deadline: float) -> None:
    """A process for each GPU, of one group or each alone; when one of a group fails the others are ended."""
    running = []
    for rank in range(arguments.gpus):
        command = [sys.executable, __file__, arguments.specs, arguments.results, *arguments.names]
        options = ["--rank", str(rank), "--world", str(world), "--gpus", str(arguments.gpus)]
        environment = os.environ | {"PLANC_DEADLINE": str(deadline), "OMP_NUM_THREADS": "4", "LOCAL_RANK": str(rank)}
        environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29611", "RANK": str(rank), "WORLD_SIZE": "2"}
        environment |= {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}
        running.append(subprocess.Popen([*command, *options, *(["--cpu"] if arguments.cpu else [])], env=environment))
    while any(process.poll() is None for process in running):
        time.sleep(0.2)
        if not is_alone(world, arguments.gpus) and any(process.poll() not in (None, 0) for process in running):
            for process in running:
                process.kill()


def run_rank(arguments: argparse.Namespace, specs: list[dict[str, Any]]) -> None:
    """Measure the configurations of one world size, or this process's share of them."""
    import torch

    sys.path.insert(0, str(Path(__file__).parents[1] / "memory"))
    rank, world = arguments.rank, arguments.world
    alone = is_alone(world, arguments.gpus)
    if not arguments.cpu:
        torch.cuda.set_device(rank)
    part = arguments.results.with_name(f"{arguments.results.stem}-{world}-{rank}.part")
    found: dict[str, Any] = {}
    mine = [spec for spec in specs if spec["world_size"] == world]
    if alone:
        from alone import join

        mine = mine[rank :: arguments.gpus]
        os.environ |= {"RANK": "0", "WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": "1"}
        join(0, world)
    else:
        torch.distributed.init_process_group("gloo" if arguments.cpu else "nccl")
    for spec in mine:
        late = torch.tensor([time.time() > float(os.environ["PLANC_DEADLINE"])], dtype=torch.int32)
        late = late if arguments.cpu else late.cuda()
        torch.distributed.all_reduce(late)
        if late.item():
            break
        began = time.monotonic()
        try:
            found[spec["name"]] = measure(spec, is_alone=alone, cpu=arguments.cpu)
        except Exception as error:
            traceback.print_exc()
            found[spec["name"]] = {"failure": f"{type(error).__name__}: {str(error)[:300]}"}
        if rank == 0 or alone:
            print(f"{spec['name']}: {time.monotonic() - began:.0f} s, {found[spec['name']].get('median')}", flush=True)
            part.write_text(json.dumps(found), encoding="utf-8")
        if "failure" in found[spec["name"]] and not alone:
            os._exit(1)
        gc.unfreeze()
        gc.enable()
        gc.collect()
        if not arguments.cpu:
            torch.cuda.empty_cache()
    sys.stdout.flush()
    os._exit(0)


def measure(spec: dict[str, Any], *, is_alone: bool, cpu: bool) -> dict[str, Any]:
    """What a step takes: [seconds] and the rest of it."""
    import torch
    from planc_runtime import dispatch
    from planc_runtime.bench.balance import Balance
    from planc_runtime.bench.calibration.work import launch_seconds
    from planc_runtime.bench.head import loss_of
    from planc_runtime.bench.model import build_model
    from planc_runtime.bench.rank import make_optimizer
    from planc_runtime.liger import use_liger
    from planc_runtime.recompute import apply_recompute
    from transformers import DistributedConfig, PreTrainedModel

    if is_alone:
        # Some classes draw numbers in a way that a group without others cannot follow; all are drawn anew anyway.
        PreTrainedModel._initialize_weights = lambda self, *_arguments, **_options: None

    config, world, ep_size = json.loads(spec["config"]), spec["world_size"], spec["ep_size"]
    implementation = spec["ep_implementation"]
    if implementation == dispatch.NAME:
        dispatch.register()
    is_liger = not cpu and spec["fused_norms"] and use_liger(config["model_type"])
    with torch.device("cpu"):
        model = build_model(
            config,
            architecture=spec["architecture"],
            dtype=getattr(torch, spec["dtype"]),
            distributed_config=DistributedConfig(
                fsdp_size=world,
                ep_size=ep_size,
                ep_implementation=implementation if ep_size > 1 else "auto",
                ep_plan=spec["ep_plan"] if ep_size > 1 else None,
                fsdp_mixed_precision=not cpu,
            ),
            seed=0,
            attn_implementation=spec["attn_implementation"],
            leaves_experts_out=implementation == dispatch.NAME and ep_size > 1,
        )
    model.train()
    if spec["recompute"] == "full":
        model.activation_checkpointing_enable({"use_reentrant": False})
    apply_recompute(model, spec["recompute"])
    loss_of_batch = loss_of(model)
    optimizer = make_optimizer(model)
    device = next(model.parameters()).device
    rank = 0 if is_alone else torch.distributed.get_rank()
    Balance(model, seed=0, rank=rank)
    generator = torch.Generator().manual_seed(rank)
    tokens = torch.randint(config["vocab_size"], (spec["sequences"], spec["length"]), generator=generator).to(device)
    marks: list[tuple[Any, ...]] = []

    def now() -> Any:
        if cpu:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def step() -> None:
        first, began = now(), time.perf_counter()
        loss = loss_of_batch(tokens)
        middle, forward = now(), time.perf_counter()
        loss.backward()
        after, backward = now(), time.perf_counter()
        optimizer.step()
        model.zero_grad(set_to_none=True)
        marks.append((first, middle, after, now(), forward - began, backward - forward))

    for _ in range(WARMUP):
        step()
    gc.collect()
    gc.freeze()
    gc.disable()
    if not cpu:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    torch.distributed.barrier()
    marks.clear()
    for _ in range(STEPS):
        step()
    if not cpu:
        torch.cuda.synchronize()

    def seconds(begin: Any, end: Any) -> float:
        return end - begin if cpu else begin.elapsed_time(end) / 1000

    steps = [seconds(mark[0], mark[3]) for mark in marks]
    forward = [seconds(mark[0], mark[1]) for mark in marks]
    backward = [seconds(mark[1], mark[2]) for mark in marks]
    middle = sorted(range(STEPS), key=lambda index: steps[index])[STEPS // 2]
    return {
        "alone": is_alone,
        "launch_seconds": launch_seconds(device),
        "steps": steps,
        "median": steps[middle],
        "forward": forward[middle],
        "backward": backward[middle],
        "host": marks[middle][4:],
        "liger": is_liger,
        "peak": 0 if cpu else torch.cuda.max_memory_allocated(),
        "kernels": {} if cpu else kernels_of(step),
    }


def kernels_of(step: Any) -> dict[str, tuple[int, float]]:
    """Kernel -> calls and milliseconds in one step, those that take the most."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        step()
        torch.cuda.synchronize()
    events = sorted(profiler.key_averages(), key=lambda event: -event.self_device_time_total)
    found: dict[str, tuple[int, float]] = {}
    for event in events[:80]:
        count, spent = found.get(event.key[:120], (0, 0.0))
        found[event.key[:120]] = (count + event.count, spent + event.self_device_time_total / 1000)
    found["all"] = (sum(event.count for event in events), sum(event.self_device_time_total for event in events) / 1000)
    return found


if __name__ == "__main__":
    main()
