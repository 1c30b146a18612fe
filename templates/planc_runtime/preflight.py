"""Look at this machine before anything is loaded: versions, GPUs, memory, checkpoint, data.

    python -m planc_runtime.preflight plan.lock.json [--json] [options of train.py]

One line a check. Exit status 0 when nothing stands in the way, 2 when the job would fail, with what to do about it.
Reads only names and headers, and looks at --model, --dataset, --output-dir and --cpu as train.py will.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from planc_runtime.safetensors import CheckpointError
from planc_runtime.stored import FP8_IS_REFUSED, stored_names

GIB = 2**30

# Below this share of what the plan counted on, a GPU is another one.
MEMORY_TOLERANCE = 0.97


@dataclass(frozen=True)
class Check:
    """One thing looked at: `fails` stops the job, `warns` does not."""

    name: str
    verdict: Literal["ok", "warns", "fails"]
    message: str
    advice: str = ""


def check_versions(lock: dict[str, Any]) -> Iterator[Check]:
    """Installed releases against the pinned ones. transformers and trl must be the same minor release."""
    for package, wanted in lock["plan"]["stack"]["versions"].items():
        install = f"pip install {package}=={wanted}"
        try:
            found = version(package)
        except PackageNotFoundError:
            yield Check(package, "fails", f"not installed; the plan pins {wanted}", install)
            continue
        if found.split("+")[0] == wanted:
            yield Check(package, "ok", found)
        elif package in ("transformers", "trl") and found.split(".")[:2] != wanted.split(".")[:2]:
            yield Check(package, "fails", f"{found} is installed; the plan was checked against {wanted}", install)
        else:
            yield Check(package, "warns", f"{found} is installed; the plan pins {wanted}", install)


def check_gpus(lock: dict[str, Any]) -> Iterator[Check]:
    """GPUs of this machine, and their free memory against what a rank holds for the whole run."""
    import torch

    cluster = lock["plan"]["cluster"]
    wanted, gpu = cluster["gpus_per_node"], cluster["gpu"]
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if found < wanted:
        yield Check(
            "gpus",
            "fails",
            f"{found} found; the plan needs {wanted} on each node",
            "change cluster in the plan, or try --cpu",
        )
        return
    yield Check("gpus", "ok", f"{found} x {torch.cuda.get_device_name(0)}")
    states = sum(lock["memory"][part] for part in ("parameters", "gradients", "optimizer"))
    for index in range(wanted):
        free, total = torch.cuda.mem_get_info(index)
        name = f"gpu {index}"
        if total < MEMORY_TOLERANCE * gpu["memory"]:
            message = f"{total / GIB:.1f} GiB; the plan counts on {gpu['memory'] / GIB:.1f} GiB ({gpu['name']})"
            yield Check(name, "fails", message, "change cluster.gpu in the plan and compile again")
        elif free < states:
            message = f"{free / GIB:.1f} GiB free of {total / GIB:.1f}; a rank holds {states / GIB:.1f} GiB"
            yield Check(name, "fails", message, "end the other processes on this GPU (nvidia-smi lists them)")
        else:
            yield Check(
                name, "ok", f"{free / GIB:.1f} GiB free; a rank holds {states / GIB:.1f} GiB and its activations"
            )


def check_checkpoint(lock: dict[str, Any], *, checkpoint: str, own: bool) -> Iterator[Check]:
    """
    The checkpoint folder: its family, and a tensor for every one that the plan counts on, in the plan's layout.

    Args:
        own: the plan's own checkpoint; another one (--model) may be of another size, so only its family is compared.
    """
    folder = Path(checkpoint)
    if not folder.is_dir():
        if checkpoint.startswith(("/", "./", "../", "~")) or checkpoint.count("/") > 1:
            yield Check("checkpoint", "fails", f"{checkpoint} does not exist", "give another with --model")
        elif os.environ.get("HF_HUB_OFFLINE") == "1":
            yield Check("checkpoint", "warns", f"{checkpoint} must be in the Hub cache: HF_HUB_OFFLINE is set")
        else:
            yield Check("checkpoint", "ok", f"{checkpoint} comes from the Hub")
        return
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = stored_names(folder)
    except (OSError, ValueError, CheckpointError) as error:
        yield Check("checkpoint", "fails", f"{folder}: {error}", "download it again, or give another with --model")
        return
    wanted = lock["model"]["model_type"]
    if config.get("model_type") != wanted:
        message = f"{folder} is a {config.get('model_type')} model; the plan is for {wanted}"
        yield Check("checkpoint", "fails", message, "compile a plan for this model")
        return
    if (config.get("quantization_config") or {}).get("quant_method") == "fp8":
        yield Check("checkpoint", "fails", f"{folder} {FP8_IS_REFUSED}", "give one in bfloat16 with --model")
        return
    missing = next((name for name in expected_names(lock) if name not in names), None) if own else None
    if missing is not None:
        message = f"{folder} has no {missing}, which the layout {lock['model']['layout']} stores"
        yield Check("checkpoint", "fails", message, "set model.layout in the plan to how the checkpoint is stored")
        return
    yield Check("checkpoint", "ok", f"{folder}: {len(names):,} tensors")


def expected_names(lock: dict[str, Any]) -> Iterator[str]:
    """The stored name of every tensor that the plan counts on."""
    for tensor in lock["model"]["tensors"]:
        for template in tensor["stored"]:
            for layer in tensor["layers"] or [0]:
                name = template.replace("{layer}", str(layer))
                if "{expert}" not in name:
                    yield name
                    continue
                for expert in range(lock["model"]["num_experts"]):
                    yield name.replace("{expert}", str(expert))


def check_data(path: str) -> Iterator[Check]:
    """The dataset, where it is a path."""
    if path.startswith(("/", "./", "../", "~")) and not Path(path).exists():
        yield Check("data", "fails", f"{path} does not exist", "give another with --dataset")
    else:
        yield Check("data", "ok", path if Path(path).exists() else f"{path} comes from the Hub")


def check_output(path: str) -> Iterator[Check]:
    """The folder that the trained model goes to, or its nearest parent that exists."""
    place = Path(path).absolute()
    existing = next(parent for parent in (place, *place.parents) if parent.exists())
    if not existing.is_dir():
        yield Check("output", "fails", f"{existing} is a file", "give another folder with --output-dir")
    elif not os.access(existing, os.W_OK):
        yield Check("output", "fails", f"{existing} cannot be written to", "give another folder with --output-dir")
    else:
        yield Check("output", "ok", str(place))


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--json", action="store_true", help="print the checks as a JSON list")
    parser.add_argument("--model")
    parser.add_argument("--dataset")
    parser.add_argument("--output-dir", "--output_dir")
    parser.add_argument("--cpu", action="store_true")
    arguments, _ = parser.parse_known_args()
    try:
        lock = json.loads(arguments.lock.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"error: cannot read {arguments.lock}: {error}")

    plan = lock["plan"]
    own = arguments.model in (None, plan["model"]["checkpoint"])
    output = arguments.output_dir or plan["sft"].get("output_dir") or f"output/{plan['name']}"
    checks = list(check_versions(lock))
    if not arguments.cpu and not any(check.name == "torch" and check.verdict == "fails" for check in checks):
        checks += check_gpus(lock)
    checks += check_checkpoint(lock, checkpoint=arguments.model or plan["model"]["checkpoint"], own=own)
    checks += check_data(arguments.dataset or plan["data"]["path"])
    checks += check_output(output)

    if arguments.json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            advice = f"; {check.advice}" if check.advice else ""
            print(f"preflight: {check.verdict:5} {check.name}: {check.message}{advice}", flush=True)
    sys.exit(2 if any(check.verdict == "fails" for check in checks) else 0)


if __name__ == "__main__":
    main()
