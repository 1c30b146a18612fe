"""
Runs a bundle's train.py as one rank of the plan's mesh, alone, with random weights and random tokens, and says what it held.

    python train_alone.py BUNDLE RESULT [--history] [options of train.py]

RESULT (JSON) gets, for each step, the bytes that torch's allocator gave out and held at their highest; with --history also what
was allocated at the highest moment of one, by the place in the code that did it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import runpy
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Rows of a micro-batch's length that the data has: more than the steps take.
ROWS = 64


def main() -> None:
    bundle, result, *options = sys.argv[1:]
    with_history = "--history" in options
    found: dict[str, Any] = {"steps": []}
    import torch

    torch.cuda.set_device(0)
    train(Path(bundle), [option for option in options if option != "--history"], watch(found, with_history=with_history))
    found["card"] = subprocess.run(
        ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    Path(result).write_text(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # others of this machine's GPU need not wait until all is taken apart


def train(bundle: Path, options: list[str], make_callback: Callable[[], Any]) -> None:
    """
    Run the `train.py` of a bundle, which has its plan's config.json beside it, with the tokens and weights of nobody.

    Args:
        options: those of train.py; with `--cpu` on the CPU.
        make_callback: gives a callback of the trainer.
    """
    bundle = bundle.resolve()
    lock = json.loads((bundle / "plan.lock.json").read_text(encoding="utf-8"))
    world = lock["mesh"]["world_size"]
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29599", "HF_HUB_OFFLINE": "1"}
    sys.path.insert(0, str(bundle))
    if "--cpu" in options:
        from planc_runtime.world import hide_gpus

        hide_gpus()
    from alone import join

    join(0, world)
    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))

    import planc_runtime.checkpoint as checkpoint
    import planc_runtime.model as loading
    import torch
    from planc_runtime import dispatch
    from planc_runtime.bench.model import build_model
    from planc_runtime.head import gather_head
    from transformers import PreTrainedModel

    def load_random(_checkpoint: str, *, dtype: Any, distributed_config: Any, **others: Any) -> Any:
        if distributed_config.ep_implementation == dispatch.NAME:
            dispatch.register()
        with torch.device("cpu" if "--cpu" in options or world > 1 else "cuda"):
            model = build_model(
                config,
                architecture=lock["model"]["architecture"],
                dtype=dtype,
                distributed_config=distributed_config,
                seed=0,
                attn_implementation=others.get("attn_implementation"),
                leaves_experts_out=True,
            )
        gather_head(model)
        return model

    class Trainer(checkpoint.PlanTrainer):
        """Saves nothing."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.add_callback(make_callback())

        def save_model(self, *_arguments: Any, **_options: Any) -> None:
            raise _TrainedError

    # Some classes draw numbers in a way that a group without others cannot follow; build_model draws all of them anyway.
    initialize = PreTrainedModel._initialize_weights

    def initialize_if_possible(self: Any, *arguments: Any, **options: Any) -> None:
        with contextlib.suppress(RuntimeError):
            initialize(self, *arguments, **options)

    PreTrainedModel._initialize_weights = initialize_if_possible
    loading.load_model, checkpoint.PlanTrainer = load_random, Trainer
    with tempfile.TemporaryDirectory(prefix="planc-memory-") as name:
        folder = Path(name)
        write_data(folder, config, lock)
        write_tokenizer(folder)
        sys.argv = [
            str(bundle / "train.py"),
            *("--dataset", str(folder / "data.jsonl"), "--tokenizer", str(folder / "tokenizer")),
            *("--output-dir", str(folder / "out"), "--save_strategy", "no"),
            *options,
        ]
        with contextlib.suppress(_TrainedError):
            runpy.run_path(sys.argv[0], run_name="__main__")


class _TrainedError(BaseException):
    """All steps are done; train.py would end the process with what else it has to do."""


def watch(found: dict[str, Any], *, with_history: bool) -> Callable[[], Any]:
    """What makes a callback that notes each step's peak; the first one makes the optimizer's states."""
    import torch

    def make() -> Any:
        from transformers import TrainerCallback

        class Watch(TrainerCallback):
            def on_step_begin(self, _args: Any, state: Any, _control: Any, **_others: Any) -> None:
                if with_history and state.global_step == 2:
                    torch.cuda.memory._record_memory_history(context="alloc", stacks="python", max_entries=2_000_000)
                    found["before"] = torch.cuda.memory_allocated()
                torch.cuda.reset_peak_memory_stats()

            def on_step_end(self, _args: Any, state: Any, _control: Any, **_others: Any) -> None:
                stats = torch.cuda.memory_stats()
                keys = {"allocated": "allocated_bytes.all.peak", "reserved": "reserved_bytes.all.peak"}
                found["steps"].append({name: stats[key] for name, key in keys.items()})
                if with_history and state.global_step == 3:
                    snapshot = torch.cuda.memory._snapshot()
                    torch.cuda.memory._record_memory_history(enabled=None)
                    found["peak"] = at_peak(snapshot["device_traces"][0], found["before"])

        return Watch()

    return make


def write_data(folder: Path, config: dict[str, Any], lock: dict[str, Any]) -> None:
    """Rows of random tokens, as long as a sequence may be."""
    numbers = random.Random(0)
    length = lock["plan"]["sft"]["max_length"]
    size = (config.get("text_config") or config)["vocab_size"]
    with open(folder / "data.jsonl", "w", encoding="utf-8") as file:
        for _ in range(ROWS):
            file.write(json.dumps({"input_ids": [numbers.randrange(3, size) for _ in range(length)]}) + "\n")


def write_tokenizer(folder: Path) -> None:
    """A tokenizer that nobody asks for tokens."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = {"<pad>": 0, "<bos>": 1, "<eos>": 2}
    PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="<pad>")),
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<pad>",
    ).save_pretrained(folder / "tokenizer")


def at_peak(trace: list[dict[str, Any]], before: int) -> dict[str, Any]:
    """The largest that was allocated in the time of the trace, and the places that hold the most of it at that moment."""
    alive: dict[int, dict[str, Any]] = {}
    now = highest = before
    moment = 0
    for index, event in enumerate(trace):
        if event["action"] == "alloc":
            now += event["size"]
            if now > highest:
                highest, moment = now, index
        elif event["action"] == "free_completed":
            now -= event["size"]
    for event in trace[: moment + 1]:
        if event["action"] == "alloc":
            alive[event["addr"]] = event
        elif event["action"] == "free_completed":
            alive.pop(event["addr"], None)
    places: Counter[tuple[str, int]] = Counter()
    for event in alive.values():
        places[place(event), event["size"]] += 1
    rows = [[size * count, count, size, name] for (name, size), count in places.items()]
    return {
        "before": before,
        "highest": highest,
        "at": place(trace[moment]),
        "tensors": sorted(rows, reverse=True)[:60],
    }


def place(event: dict[str, Any]) -> str:
    """The functions on the way to an allocation, without those of torch's own machinery."""
    frames = event.get("frames") or []
    named = [
        f"{Path(frame['filename']).name}:{frame['line']}:{frame['name']}"
        for frame in frames
        if frame["filename"].endswith(".py") and "/torch/nn/modules/module.py" not in frame["filename"]
    ]
    return " < ".join(named[:6])


if __name__ == "__main__":
    main()
