"""
Rehearse the bundle that this package lies in.

    python -m planc_runtime.rehearsal FOLDER [BUNDLE]

BUNDLE is another folder with the toy's train.py and plan.lock.json. FOLDER holds `rehearsal.json`, which `planc rehearse` wrote: the toy config.json, the number of ranks, the options of the
one-process run. Prints one JSON object and exits with 0 whether or not the runs agree; a rank's failure is in the object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

# Before torch looks: this is about CPU processes, two of which would otherwise fight for every core.
os.environ |= {
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

# What the ranks need is imported once, for all of them.
import torch
import torch.distributed.checkpoint.state_dict
import torch.distributed.fsdp
from datasets import load_dataset
from transformers import CONFIG_MAPPING, AutoTokenizer, GenerationMixin, HfArgumentParser  # noqa: F401
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

import planc_runtime.checkpoint
import planc_runtime.metrics.callback  # noqa: F401
from planc_runtime.forked import Failure, program, run_ranks
from planc_runtime.parts.names import text_of
from planc_runtime.parts.parts import Parts
from planc_runtime.rehearsal.compare import (
    compare_batches,
    compare_documents,
    compare_models,
    compare_shapes,
    compare_steps,
)
from planc_runtime.rehearsal.documents import unpack
from planc_runtime.rehearsal.judging import disagreements
from planc_runtime.rehearsal.record import START, record
from planc_runtime.rehearsal.reference import load_whole
from planc_runtime.rehearsal.step import step_alone, step_ranks
from planc_runtime.rehearsal.toy import TOKENIZER, make_checkpoint, make_dataset, make_pairs


def train_ranks(folder: Path, bundle: Path) -> None:
    """One rank: the bundle's own train.py."""
    record(folder / "run")
    arguments = ["--cpu", "--model", str(folder / "model"), "--tokenizer", str(folder / TOKENIZER)]
    arguments += ["--dataset", str(folder / "data.jsonl")]
    program(bundle / "train.py", [*arguments, "--output-dir", str(folder / "trained")])


def train_alone(folder: Path, spec: dict[str, Any], parts: Parts | None) -> None:
    """One process that takes the ranks' micro-batches in turn, packed documents one by one; the models compared."""
    record(folder / "reference")
    start = folder / "run" / START
    adapter = start if start.exists() else None
    options = spec["reference"]
    if options.get("router_aux_loss_coef") is not None:
        # It becomes the config's own, which takes no whole number, and JSON that JavaScript wrote has no 0.0.
        options = {**options, "router_aux_loss_coef": float(options["router_aux_loss_coef"])}
    is_preference = spec["task"] == "dpo"
    config_class, trainer_class = (DPOConfig, DPOTrainer) if is_preference else (SFTConfig, SFTTrainer)
    trainer = trainer_class(
        model=load_whole(folder / "model", parts, adapter),
        **({"ref_model": load_whole(folder / "model", parts)} if is_preference else {}),
        args=config_class(**options, output_dir=str(folder / "reference"), use_cpu=True, bf16=False),
        train_dataset=load_dataset("json", data_files=str(folder / "data.jsonl"), split="train"),
        processing_class=AutoTokenizer.from_pretrained(folder / TOKENIZER),
    )
    unpack(trainer)
    trainer.train()
    found = compare_models(
        folder / "trained", trainer.model, folder / "model", parts, reference=folder / "reference", adapter=adapter
    )
    (folder / "models.json").write_text(json.dumps(found))


def without_dropout(config: dict[str, Any]) -> dict[str, Any]:
    """With nothing that is random, in any part: what its class has by itself included."""
    found = {name: without_dropout(value) if isinstance(value, dict) else value for name, value in config.items()}
    part_class = CONFIG_MAPPING[found["model_type"]] if found.get("model_type") in CONFIG_MAPPING else None
    own = (
        name for name, field in getattr(part_class, "__dataclass_fields__", {}).items() if type(field.default) is float
    )
    return found | {name: 0.0 for name in (*found, *own) if name.endswith(("dropout", "jitter_noise"))}


def merged(config: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With changes in its parts, too: what stands beside them there stays."""
    inner = {
        name: merged(config[name], value) if isinstance(value, dict) and isinstance(config.get(name), dict) else value
        for name, value in changes.items()
    }
    return {**config, **inner}


def rehearse(folder: Path, bundle: Path) -> dict[str, Any]:
    torch.set_num_threads(1)
    spec = json.loads((folder / "rehearsal.json").read_text(encoding="utf-8"))
    toy = spec["toy"]
    lock = json.loads((bundle / "plan.lock.json").read_text(encoding="utf-8"))
    parts = Parts.of_lock(lock)
    whole = merged(json.loads(toy["text"]), toy["changes"])
    config = {name: value for name, value in whole.items() if name not in toy["without"]}
    # Whatever is random would differ between the runs.
    config = without_dropout(config)

    def make() -> None:
        make_checkpoint(folder / "model", config, lock)
        size = {"rows": spec["rows"], "length": spec["max_length"]}
        write = make_pairs if spec["task"] == "dpo" else make_dataset
        write(folder / "data.jsonl", vocab_size=text_of(config)["vocab_size"], **size)

    world = spec["world_size"]
    if spec["trainer"]:
        train, reference = lambda: train_ranks(folder, bundle), lambda: train_alone(folder, spec, parts)
    else:
        train = lambda: step_ranks(folder, bundle, spec)  # noqa: E731
        reference = lambda: step_alone(folder, spec, parts)  # noqa: E731
    stages = [("toy", 1, make), ("train", world, train), ("reference", 1, reference)]
    seconds = {}
    for name, world, work in stages:
        began = time.monotonic()
        failure: Failure | None = run_ranks(world, work, folder=folder / "logs" / name, seconds=spec["seconds"])
        seconds[name] = round(time.monotonic() - began, 1)
        if failure is not None:
            return {"failure": {"stage": name, **asdict(failure)}, "seconds": seconds}
    run, alone = folder / "run", folder / "reference"
    found = {"shapes": compare_shapes(run, lock), "steps": compare_steps(run, alone), "seconds": seconds}
    if spec["trainer"]:
        models = json.loads((folder / "models.json").read_text())
        documents = compare_documents(run, alone)
        found |= {"batches": compare_batches(run, alone), "documents": documents, "models": models}
    return {**found, "disagreements": disagreements(found)}


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    bundle = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else Path(__file__).resolve().parents[2]
    print(json.dumps(rehearse(folder, bundle)), flush=True)
    os._exit(0)  # taking the packages apart again is time that nobody has a use for


if __name__ == "__main__":
    main()
