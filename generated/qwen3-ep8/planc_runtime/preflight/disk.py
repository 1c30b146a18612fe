"""Whether the disks have room for what the job writes: the trained model, checkpoints, a conversion, a download."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planc_runtime.paths import nearest, of_plan
from planc_runtime.preflight.check import Check, gib
from planc_runtime.preflight.options import Options
from planc_runtime.preflight.sizes import checkpoint_bytes, num_elements, num_elements_in, parameter_bytes, stored_bytes

# Above this share of the free space the disk is warned of: the trainer's logs and other users need some.
TIGHT = 0.9


@dataclass(frozen=True)
class Need:
    """Something that will be written to `path`: what it is, and bytes of it that are not there yet."""

    what: str
    path: Path
    size: int


def needs_of(lock: Mapping[str, Any], options: Options, *, download: Path | None) -> list[Need]:
    """
    Everything that the job writes, by the plan's table of tensors, or by the headers of another checkpoint.

    Args:
        download: the Hub's cache, where the checkpoint has to be fetched into it; None where it is there.
    """
    elements = num_elements(lock) if options.is_own else num_elements_in(Path(options.checkpoint))
    needs = []
    if download is not None and options.is_own:
        needs.append(Need("the checkpoint from the Hub", download, stored_bytes(lock)))
    conversion = lock["conversion"]
    if options.is_own and conversion["needed"] and not is_converted(Path(of_plan(conversion["checkpoint"]))):
        written = Path(of_plan(conversion["checkpoint"]))
        needs.append(Need("the converted checkpoint", written, max(0, stored_bytes(lock) - bytes_in(written))))
    if elements is None:
        return needs
    adapters = lock["adapters"]
    model = elements * parameter_bytes(lock, cpu=options.cpu)
    if adapters is not None:
        model = 4 * adapters["trainable_parameters"]  # float32; the base is not written
    output = Path(options.output)
    what = "the trained model" if adapters is None else "the adapters"
    needs.append(Need(what, output, max(0, model - bytes_in(output, "*.safetensors"))))
    kept = options.saving.kept()
    if kept != 0:
        size = checkpoint_bytes(lock, model, options.saving)
        # The next one is whole before the oldest goes; where their number is unknown, room for the first two counts.
        count = 2 if kept is None else kept + (options.saving.limit is not None)
        there = sum(bytes_in(folder) for folder in output.glob("checkpoint-*"))
        what = f"{count} checkpoint{'s' if count > 1 else ''} of {gib(size)}"
        needs.append(
            Need(what + (" (of more: all are kept)" if kept is None else ""), output, max(0, count * size - there))
        )
    return needs


def check_disks(needs: Sequence[Need]) -> Iterator[Check]:
    """One check for every disk that something is written to."""
    disks: dict[int, list[Need]] = {}
    for need in needs:
        disks.setdefault(os.stat(nearest(need.path)).st_dev, []).append(need)
    for found in disks.values():
        folder = nearest(found[0].path)
        state = os.statvfs(folder)
        yield judge_disk(str(folder), found, free=state.f_bavail * state.f_frsize)


def judge_disk(folder: str, needs: Sequence[Need], *, free: int) -> Check:
    """What goes to one disk against the bytes that are free there for this user."""
    total = sum(need.size for need in needs)
    parts = ", ".join(f"{need.what} {gib(need.size)}" if need.size else f"{need.what} (there)" for need in needs)
    message = f"{gib(free)} free at {folder}; needed {gib(total)}: {parts}"
    is_open = any("all are kept" in need.what for need in needs)
    if total > free:
        advice = "give another folder with --output-dir, or keep fewer checkpoints with --save_total_limit"
        if any("Hub" in need.what for need in needs):
            advice = "set HF_HOME to a folder on a larger disk, or " + advice
        return Check("disk", "fails", message, advice)
    if is_open:
        return Check("disk", "warns", message, "set save_total_limit, or the disk fills up in time")
    if total > TIGHT * free:
        return Check("disk", "warns", message, "that leaves little; make room before something else takes it")
    return Check("disk", "ok", message)


def is_converted(folder: Path) -> bool:
    """Whether a conversion into the folder has come to its end; launch.sh asks the same."""
    return (folder / "planc-conversion.json").is_file() and not (folder / "planc-conversion.journal").exists()


def bytes_in(folder: Path, pattern: str = "*") -> int:
    """Bytes of the files right in a folder; 0 where it is not there."""
    try:
        return sum(file.stat().st_size for file in folder.glob(pattern) if file.is_file())
    except OSError:
        return 0
