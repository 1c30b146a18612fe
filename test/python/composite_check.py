"""Hold what a rehearsal has saved of a model of several parts against the checkpoint that it has trained.

    composite_check.py FOLDER

FOLDER holds `model/`, `trained/` with a `checkpoint-2` in it, and `bundle/`. Prints a JSON object: `wrong`, a list of
sentences, and how many tensors are `trained`, `kept` byte for byte, and in the checkpoint.
"""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.distributed.checkpoint import FileSystemReader


def tensors_in(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= load_file(file)
    return found


def is_same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)


def main() -> None:
    folder = Path(sys.argv[1])
    lock = json.loads((folder / "bundle" / "plan.lock.json").read_text())
    towers = tuple(lock["model"]["towers"])
    wrong = []
    base, saved = tensors_in(folder / "model"), tensors_in(folder / "trained")
    if set(base) != set(saved):
        wrong.append(f"other names: {sorted(set(base) ^ set(saved))[:3]}")
    wrong += [f"{name} has another shape" for name in base if name in saved and base[name].shape != saved[name].shape]
    own = {name for row in lock["model"]["tensors"] for name in names_of(row)}
    kept = [name for name in base if name in saved and is_same(base[name], saved[name])]
    wrong += [f"{name} is not trained, and has changed" for name in base if name not in own and name not in kept]
    config, published = (json.loads((folder / each / "config.json").read_text()) for each in ("trained", "model"))
    if config != published:
        wrong.append(f"config.json has other {[key for key in published if config.get(key) != published[key]]}")

    output = folder / "exported"
    sys.argv = ["planc_runtime.export", str(folder / "trained"), "--output", str(output)]
    sys.argv += ["--source", str(folder / "model"), "--max-shard-size", "100KB"]
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_module("planc_runtime.export", run_name="__main__")
    exported = tensors_in(output)
    if set(exported) != set(base):
        wrong.append(f"the export has other names: {sorted(set(base) ^ set(exported))[:3]}")
    wrong += [
        f"{name} is exported otherwise"
        for name in saved
        if name in exported and not is_same(saved[name], exported[name])
    ]
    if json.loads((output / "config.json").read_text()) != published:
        wrong.append("the export's config.json is another")

    held = FileSystemReader(folder / "trained" / "checkpoint-2").read_metadata().state_dict_metadata
    wrong += [
        f"the checkpoint holds {key}" for key in held if key.split(".", 1)[1].removeprefix("state.").startswith(towers)
    ]
    print(json.dumps({"wrong": wrong, "kept": len(kept), "trained": len(base) - len(kept), "held": len(held)}))


def names_of(row: dict) -> list[str]:
    """Under which a row of the table is stored."""
    names = []
    for template in row["stored"]:
        for layer in row["layers"] or [0]:
            at = template.replace("{layer}", str(layer))
            shape = row["shape"]
            experts = range(shape[0]) if "{expert}" in at else [0]
            names += [at.replace("{expert}", str(expert)) for expert in experts]
    return names


main()
