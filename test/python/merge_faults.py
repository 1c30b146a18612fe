"""Adapters, bases and places that a merge has to refuse: in a sentence, with nothing left behind."""

import contextlib
import io
import json
import os
import resource
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_file, save_file

from planc_runtime.merge.adapter import FINGERPRINT
from planc_runtime.merge.weights import Weights

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


def run(arguments: list[str], prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """The command in a process of its own; its exit status and what it said."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            sys.stdout = sys.stderr = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
            sys.argv = ["export", *arguments, "--jobs", "1"]
            prepare()
            runpy.run_module("planc_runtime.export", run_name="__main__")
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 0
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading) as stream:
        said = stream.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


@contextlib.contextmanager
def changed(folder: Path):
    """A copy to be damaged."""
    place = folder.with_name(f"{folder.name}-changed")
    shutil.copytree(folder, place)
    yield place
    shutil.rmtree(place)


def faults(folder: Path) -> tuple[list[str], int]:
    """What was not refused as it has to be, and how many cases were tried; FOLDER holds `model/`, `adapter/` and `bundle/`."""
    failures: list[str] = []
    tried = 0
    lock = folder / "bundle" / "plan.lock.json"
    output = folder / "refused"

    def refused(
        case: str, words: str, adapter: Path = folder / "adapter", base: Path = folder / "model", **named
    ) -> None:
        nonlocal tried
        tried += 1
        arguments = [str(adapter), "--merge", "--output", str(output), "--source", str(base), "--lock", str(lock)]
        status, said = run([*arguments, *named.pop("options", [])], **named)
        sentence = said.strip().split("\n")[-1]
        if status != 2 or words not in sentence or not sentence.startswith("error: ") or "Traceback" in said:
            failures.append(f"{case}: {status} {said[-600:]}")
        if output.exists():
            failures.append(f"{case}: it left {sorted(path.name for path in output.iterdir())}")
            shutil.rmtree(output)

    def with_config(case: str, words: str, **options: object) -> None:
        with changed(folder / "adapter") as adapter:
            config = json.loads((adapter / CONFIG).read_text())
            (adapter / CONFIG).write_text(json.dumps(config | options))
            refused(case, words, adapter)

    def with_tensors(case: str, words: str, change: Callable[[dict], None], metadata: dict | None = None) -> None:
        with changed(folder / "adapter") as adapter:
            tensors = load_file(adapter / WEIGHTS)
            change(tensors)
            save_file(tensors, adapter / WEIGHTS, metadata={"format": "pt", **(metadata or {})})
            refused(case, words, adapter)

    first = min(load_file(folder / "adapter" / WEIGHTS))
    with_config("another rank", "has r 6 on", r=6, rank_pattern={})
    with_config("another scale", "is scaled by", lora_alpha=70, alpha_pattern={})
    with_config("another kind", "of the kind IA3", peft_type="IA3")
    with_config("DoRA", "has use_dora", use_dora=True)
    with_config("no rank", "does not say r", r=None)
    with_tensors("a key is missing", f"lacks {first}", lambda tensors: tensors.pop(first))
    with_tensors("a key too many", "holds odd", lambda tensors: tensors.update(odd=tensors[first].clone()))
    with_tensors("another shape", f"holds {first} as", lambda t: t.update({first: t[first][:, 1:].contiguous()}))
    with_tensors("another base", "which", lambda _: None, {FINGERPRINT: "of another"})
    refused("no adapter", "has no adapter_config.json", folder / "model")
    refused("nowhere", "has no adapter_config.json", folder / "nowhere")
    for cut in (3, 100, -1):
        with changed(folder / "adapter") as adapter:
            size = (adapter / WEIGHTS).stat().st_size
            os.truncate(adapter / WEIGHTS, cut % size)
            refused(f"cut off at {cut}", "cut off", adapter)
    with changed(folder / "adapter") as adapter:
        (adapter / WEIGHTS).unlink()
        refused("no weights", "cannot read adapter_model.safetensors", adapter)
    with changed(folder / "model") as base:
        os.truncate(base / "model.safetensors", 5000)
        refused("a base cut off", "is cut off", base=base)
    with changed(folder / "model") as base:
        tensors = load_file(base / "model.safetensors")
        save_file(
            {name: each for name, each in tensors.items() if "experts.3." not in name}, base / "model.safetensors"
        )
        refused("a base without an expert", "has no model.layers.0.mlp.experts.3.", base=base)
    refused("a layout", "cannot be stored as mxfp4", options=["--layout", "mxfp4"])
    refused("into the base", "lies in the checkpoint", options=["--output", str(folder / "model" / "merged")])
    refused(
        "a full disk", "File too large", prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    )
    # The right fingerprint is taken.
    with changed(folder / "adapter") as adapter:
        right = Weights(folder / "model", json.loads(lock.read_text())).fingerprint()
        save_file(load_file(adapter / WEIGHTS), adapter / WEIGHTS, metadata={FINGERPRINT: right})
        arguments = [
            str(adapter),
            "--merge",
            "--output",
            str(output),
            "--source",
            str(folder / "model"),
            "--lock",
            str(lock),
        ]
        status, said = run(arguments)
        if status:
            failures.append(f"the right base: {status} {said[-600:]}")
    return failures, tried
