"""The folder that a run has saved: which checkpoint of it, and whether it is complete and of this plan's model."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.export.chunks import DamagedError

PLANC = "planc.json"


@dataclass(frozen=True)
class RunCheckpoint:
    """A complete checkpoint; `output` is the folder of the run, `about` what its planc.json says, `digest` its SHA-256."""

    folder: Path
    output: Path
    about: dict[str, Any]
    digest: str

    @property
    def step(self) -> int:
        return self.about["step"]

    @property
    def config(self) -> dict[str, Any]:
        """The model's configuration as transformers had it in memory; empty where planc.json does not tell."""
        model = self.about.get("model")
        config = model.get("config") if isinstance(model, dict) else None
        return config if isinstance(config, dict) else {}


def find_checkpoint(path: Path) -> RunCheckpoint:
    """
    The checkpoint at `path`, or the newest complete one below it.

    Raises:
        UserError: there is none, or it is not complete; the message names what is missing.
    """
    if not path.is_dir():
        raise UserError(f"{path} is no folder; name the run's output folder, or a checkpoint-N in it")
    if (path / PLANC).is_file():
        return _read(path)
    steps = {int(match[1]): each for each in path.iterdir() if (match := re.fullmatch(r"checkpoint-(\d+)", each.name))}
    complete = [each for _, each in sorted(steps.items()) if (each / PLANC).is_file()]
    if not complete:
        if (path / "config.json").is_file() and any(path.glob("model*.safetensors")):
            raise UserError(f"{path} is in Hub format already; planc convert changes the layout of such a checkpoint")
        what = f"none of its {len(steps)} checkpoints has one" if steps else "no checkpoint-N lies in it"
        raise UserError(f"{path} has no {PLANC} and {what}: it is no complete checkpoint of a run")
    return _read(complete[-1])


def _read(folder: Path) -> RunCheckpoint:
    path = folder / PLANC
    try:
        content = path.read_bytes()
        about = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(f"cannot read {path}: {error}") from error
    if not isinstance(about, dict) or about.get("version") != 1 or not isinstance(about.get("step"), int):
        raise DamagedError(f"{path} is not what a planc run of this version writes")
    _check_files(folder, about.get("files"))
    return RunCheckpoint(folder, folder.absolute().parent, about, hashlib.sha256(content).hexdigest())


def _check_files(folder: Path, files: object) -> None:
    """Every file that was saved is there, as long as it was. Digests of large files would mean to read all."""
    for name, what in files.items() if isinstance(files, dict) else []:
        path = folder / name
        if not path.is_file():
            raise DamagedError(f"{path} is missing; take another checkpoint of the run")
        size = what.get("size") if isinstance(what, dict) else what
        found = path.stat().st_size
        if isinstance(size, int) and found != size:
            is_less = "is cut off" if found < size else "has changed"
            raise DamagedError(
                f"{path} {is_less}: it has {found:,} bytes, {size:,} were saved; take another checkpoint of the run"
            )


def check_model(checkpoint: RunCheckpoint, lock: dict[str, Any]) -> None:
    """Raise `UserError` where planc.json says that the run trained another kind of model than the plan's."""
    found = checkpoint.config.get("model_type")
    # Of a model that also speaks the part that writes is trained, which has a type of its own.
    own = lock["model"]["model_type"]
    if found not in (None, own, f"{own}_thinker"):
        raise UserError(
            f"{checkpoint.folder} is of a {found} model, this plan's is {lock['model']['model_type']}; name the lock of the"
            " run's own bundle with --lock"
        )
