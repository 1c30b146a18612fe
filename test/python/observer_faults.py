"""Train a bundle's toy again and again, each time with something that watches the run failing on one rank.

    torchrun ... observer_faults.py FOLDER

FOLDER has `bundle/`, `model/` and `data.jsonl`; the bundle is on sys.path. Prints one JSON object a rank: fault -> what was
raised, the warnings that this rank gave, and a digest of the saved model. Every fault is brought on each rank in turn.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch
from transformers import AutoTokenizer, DistributedConfig, PrinterCallback
from trl import SFTConfig
from trl.trainer.base_trainer import _BaseTrainer

from planc_runtime.checkpoint import PlanTrainer, final, open_run, streaming
from planc_runtime.data.loading import load_data
from planc_runtime.data.source import Source
from planc_runtime.errors import UserError
from planc_runtime.metrics import agreement, callback, measured, sources
from planc_runtime.metrics.callback import Metrics, measure
from planc_runtime.model import load_model
from planc_runtime.options import read_options

FOLDER = Path(sys.argv[1])
LOCK = FOLDER / "bundle/plan.lock.json"
SIZES = {"dp_replicate_size": 1, "fsdp_size": 2, "tp_size": 1, "ep_size": 2}
EVENTS = ("on_train_begin", "on_step_begin", "on_step_end", "on_log", "on_train_end")
SHOUT = RuntimeError("out of luck\nand a second line")


class Reporter(PrinterCallback):
    """Stands for a service of `report_to`."""


def broken(*_, **__):
    raise SHOUT


def full(*_, **__):
    raise OSError(28, "No space left on device")


def on(rank: int, target, name: str, value):
    """Put something in the place of an attribute, on one rank."""
    here = int(os.environ["RANK"]) == rank
    return mock.patch.object(target, name, value, create=True) if here else contextlib.nullcontext()


def file_of(name: str, text: str) -> Path:
    path = FOLDER / f"{name}.json"
    path.write_text(text)
    return path


def no_counts(counts, faults):
    return adds_to(counts.float(), faults)


def late_full(descriptor, *arguments):
    """The disk is full for a checkpoint, and not at the end."""
    if "checkpoint-" in path_of(descriptor):
        full()
    write_all(descriptor, *arguments)


def full_here(descriptor, *arguments):
    if "elsewhere" not in path_of(descriptor):
        full()
    write_all(descriptor, *arguments)


def path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


adds_to, write_all = sources._adds_to, streaming._write_all
frozen = SimpleNamespace(perf_counter=lambda: 1.0)
timeless = SimpleNamespace(perf_counter=broken)

# Name -> what is wrong on a rank. A second entry, where there is one, is what `train` takes.
FAULTS = {
    **{f"metrics {event}": lambda rank, event=event: on(rank, Metrics, event, broken) for event in EVENTS},
    **{f"reporter {event}": lambda rank, event=event: on(rank, Reporter, event, broken) for event in EVENTS},
    "experts cannot be found": lambda rank: on(rank, callback, "ExpertCounts", broken),
    "experts inside forward": lambda rank: on(rank, sources, "_adds_to", no_counts),
    "tokens cannot be counted": lambda rank: on(rank, callback, "TokenCount", broken),
    "tokens inside forward": lambda rank: on(rank, sources.TokenCount, "count", property(broken, lambda *_: None)),
    "dispatch time": lambda rank: on(rank, sources, "time", timeless),
    "flops": lambda rank: on(rank, callback, "flops_of", broken),
    "load": lambda rank: on(rank, callback, "load_of", broken),
    "a clock that stands": lambda rank: on(rank, callback, "time", frozen),
    "adding up": lambda rank: on(rank, agreement.Agreement, "over_ranks", broken),
    "model card": lambda rank: on(0, _BaseTrainer, "create_model_card", broken),
    "measured.json": lambda rank: on(0, measured.os, "replace", full),
    "the summary": lambda rank: on(0, callback.Metrics, "measured", broken),
    "full for a checkpoint": lambda rank: on(rank, streaming, "_write_all", late_full),
    "full": lambda rank: on(rank, streaming, "_write_all", full_here),
    "full everywhere": lambda rank: on(rank, streaming, "_write_all", full),
}
LOCKS = {
    "no lock": FOLDER / "nowhere.json",
    "a lock that is a folder": FOLDER,
    "a lock that is no JSON": file_of("text", "{"),
    "a lock of something else": file_of("list", "[1]"),
    "a lock without sizes": file_of("empty", json.dumps({**json.loads(LOCK.read_text()), "mesh": {}})),
}


def train(name: str, *, lock: Path = LOCK) -> dict:
    output = FOLDER / "out" / name
    saving = {"save_only_model": True, "save_strategy": "steps", "save_steps": 1}
    given = saving if "checkpoint" in name or "card" in name else {"save_strategy": "no"}
    options = read_options(SFTConfig, {"use_cpu": True, "bf16": False}, {"output_dir": str(output), **given}, sys.argv[2:])
    data = {"path": str(FOLDER / "data.jsonl"), "name": None, "split": "train"}
    job = open_run(options, name="toy", mesh=SIZES, data=data, resume=None)
    trainer = PlanTrainer(
        run=job,
        model=load_model(
            str(FOLDER / "model"),
            revision=None,
            dtype=torch.float32,
            distributed_config=DistributedConfig(**SIZES, ep_implementation="planc"),
        ),
        args=options,
        train_dataset=load_data(Source(data["path"], None, "train")),
        processing_class=AutoTokenizer.from_pretrained(FOLDER / "model"),
        callbacks=[Reporter()],
    )
    measure(trainer, lock)
    trainer.train()
    raised = None
    try:
        trainer.save_model()
    except UserError as error:
        raised = str(error)
    trainer.report()
    return {"raised": raised, "keys": sorted(trainer.state.log_history[-2])}


def outcome(name: str, fault, **options) -> dict:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), fault:
        found = train(name, **options)
    torch.distributed.barrier()
    places = [FOLDER / "out" / name, *sorted((FOLDER / "elsewhere").glob("*"))]
    files = [place / "model.safetensors" for place in places if (place / "model.safetensors").is_file()]
    found["models"] = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    summary = FOLDER / "out" / name / "measured.json"
    found["measured"] = json.loads(summary.read_text()) if summary.is_file() else None
    torch.distributed.barrier()
    shutil.rmtree(FOLDER / "elsewhere", ignore_errors=True)
    found["warnings"] = [line for line in said.getvalue().splitlines() if line.startswith("warning:")]
    return found


os.environ[final.SECOND_VARIABLE] = str(FOLDER / "elsewhere")
found = {"none": outcome("none", contextlib.nullcontext())}
for name, make in FAULTS.items():
    agreement.PATIENCE = timedelta(seconds=2) if name == "adding up" else timedelta(hours=1)
    for rank in (0, 1) if not name.startswith(("model card", "measured", "the summary", "full", "reporter")) else (0,):
        found[f"{name} on rank {rank}"] = outcome(f"{name} {rank}", make(rank))
for name, lock in LOCKS.items():
    for rank in (0, 1) if name == "no lock" else (0,):
        own = lock if int(os.environ["RANK"]) == rank else LOCK
        found[f"{name} on rank {rank}"] = outcome(f"{name} {rank}", contextlib.nullcontext(), lock=own)
print(json.dumps(found))
torch.distributed.barrier()
