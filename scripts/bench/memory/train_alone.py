"""
Runs a bundle's train.py as one rank of the plan's mesh, alone, with random weights and random tokens, and says what it held.

    python train_alone.py BUNDLE RESULT [--cpu] [--history] [options of train.py]

RESULT (JSON) gets, for each step, the bytes that torch's allocator gave out and held at their highest.
"""

from __future__ import annotations

import json
import os
import random
import runpy
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

# Rows of a micro-batch's length that the data has: more than the steps take.
ROWS = 64


def main() -> None:
    bundle, result, *options = sys.argv[1:]
    bundle = Path(bundle).resolve()
    is_cpu = "--cpu" in options
    with_history = "--history" in options
    lock = json.loads((bundle / "plan.lock.json").read_text(encoding="utf-8"))
    world = lock["mesh"]["world_size"]
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29599", "HF_HUB_OFFLINE": "1"}
    sys.path.insert(0, str(bundle))
    if is_cpu:
        from planc_runtime.world import hide_gpus

        hide_gpus()
    import torch
    from alone import join

    if not is_cpu:
        torch.cuda.set_device(0)
    join(0, world)
    folder = Path(tempfile.mkdtemp(prefix="planc-memory-"))
    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
    options = [option for option in options if option != "--history"]
    write_data(folder, config, lock)
    write_tokenizer(folder, config)

    import planc_runtime.model as loading
    from planc_runtime.bench.model import build_model
    from transformers import TrainerCallback

    def load_random(_checkpoint: str, *, dtype: Any, distributed_config: Any, **others: Any) -> Any:
        from planc_runtime import dispatch
        from planc_runtime.head import gather_head

        if distributed_config.ep_implementation == dispatch.NAME:
            dispatch.register()
        model = build_model(
            config,
            architecture=lock["model"]["architecture"],
            dtype=dtype,
            distributed_config=distributed_config,
            seed=0,
            attn_implementation=others.get("attn_implementation"),
        )
        gather_head(model)
        return model

    loading.load_model = load_random
    steps: list[dict[str, int]] = []
    found: dict[str, Any] = {"steps": steps}

    class Watch(TrainerCallback):
        """Each step by itself; the first one makes the optimizer's states."""

        def on_step_begin(self, _args: Any, state: Any, _control: Any, **_others: Any) -> None:
            if is_cpu:
                return
            if with_history and state.global_step == 2:
                torch.cuda.memory._record_memory_history(context="alloc", stacks="python", max_entries=2_000_000)
                self.before = torch.cuda.memory_allocated()
            torch.cuda.reset_peak_memory_stats()

        def on_step_end(self, _args: Any, state: Any, _control: Any, **_others: Any) -> None:
            if is_cpu:
                return
            stats = torch.cuda.memory_stats()
            steps.append(
                {
                    "allocated": stats["allocated_bytes.all.peak"],
                    "requested": stats["requested_bytes.all.peak"],
                    "reserved": stats["reserved_bytes.all.peak"],
                    "left": stats["allocated_bytes.all.current"],
                }
            )
            if with_history and state.global_step == 3:
                snapshot = torch.cuda.memory._snapshot()
                torch.cuda.memory._record_memory_history(enabled=None)
                found["peak"] = at_peak(snapshot["device_traces"][0], self.before)

    import planc_runtime.checkpoint as checkpoint

    class Trainer(checkpoint.PlanTrainer):
        """Saves nothing."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.add_callback(Watch())
            found["held"] = 0 if is_cpu else torch.cuda.memory_allocated()

        def save_model(self, *_arguments: Any, **_options: Any) -> None:
            finish(found, Path(result), is_cpu=is_cpu)

    checkpoint.PlanTrainer = Trainer
    sys.argv = [
        str(bundle / "train.py"),
        *("--dataset", str(folder / "data.jsonl"), "--tokenizer", str(folder / "tokenizer")),
        *("--output-dir", str(folder / "out"), "--save_strategy", "no"),
        *options,
    ]
    runpy.run_path(sys.argv[0], run_name="__main__")


def finish(found: dict[str, Any], result: Path, *, is_cpu: bool) -> None:
    """Write what was found, with what the card says, and end this process."""
    if not is_cpu:
        shown = subprocess.run(
            ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=False,
        )
        found["card"] = shown.stdout.strip()
    result.write_text(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


def write_data(folder: Path, config: dict[str, Any], lock: dict[str, Any]) -> None:
    """Rows of random tokens, as long as a sequence may be."""
    numbers = random.Random(0)
    length = lock["plan"]["sft"]["max_length"]
    size = (config.get("text_config") or config)["vocab_size"]
    with open(folder / "data.jsonl", "w", encoding="utf-8") as file:
        for _ in range(ROWS):
            file.write(json.dumps({"input_ids": [numbers.randrange(3, size) for _ in range(length)]}) + "\n")


def write_tokenizer(folder: Path, config: dict[str, Any]) -> None:
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
