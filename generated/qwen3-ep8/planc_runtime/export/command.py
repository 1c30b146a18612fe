"""The command line of the export."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.export.companions import find_base
from planc_runtime.export.content import Content, TrainedRun
from planc_runtime.export.exporting import Export, Options, VerificationError
from planc_runtime.export.run import find_checkpoint
from planc_runtime.export.table import FORMATS, Table
from planc_runtime.merge.adapter import Adapter
from planc_runtime.merge.merged import Merged
from planc_runtime.merge.serving import ENGINES, write_for_serving

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def main() -> None:
    """Run the command and exit: 0 done, 2 it cannot be done, 4 the disk disagrees, 128 + signal when stopped."""
    arguments = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        _run(arguments)
    except UserError as error:
        _fail(str(error), 2)
    except OSError as error:
        _fail(f"{error.filename or arguments.output}: {error.strerror or error}", 2)
    except VerificationError as error:
        _fail(f"verification failed: {error}", 4)


def _stop(number: int, frame: FrameType | None) -> None:
    # A second signal does not keep the first from cleaning up.
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def _fail(message: str, status: int) -> None:
    """Names in messages come from files that anyone may have written."""
    visible = "".join(character if character.isprintable() else repr(character)[1:-1] for character in message)
    print(f"error: {visible}", file=sys.stderr)
    sys.exit(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m planc_runtime.export",
        allow_abbrev=False,
        description="Store a checkpoint of a run in Hub format, or an adapter added to its base.",
    )
    parser.add_argument(
        "checkpoint", type=Path, help="a checkpoint-N folder, or the run's output folder: its newest one"
    )
    adapters = parser.add_mutually_exclusive_group()
    adapters.add_argument("--merge", action="store_true", help="CHECKPOINT has a trained adapter: add it to its base")
    adapters.add_argument(
        "--adapter-for", choices=ENGINES, help="CHECKPOINT has a trained adapter: write it as that engine reads it"
    )
    parser.add_argument("--output", type=Path, required=True, help="the folder to write, not there or empty")
    parser.add_argument("--layout", help="how experts are stored (default: as the plan says)")
    parser.add_argument("--dtype", choices=tuple(FORMATS), help="number format (default: as the plan says)")
    parser.add_argument("--max-shard-size", type=_size, metavar="SIZE", help="largest file, such as 5GB")
    parser.add_argument("--source", type=Path, metavar="FOLDER", help="the folder that the run loaded its model from")
    parser.add_argument("--lock", type=Path, help="the plan.lock.json of the run's bundle (default: the one beside)")
    parser.add_argument(
        "--jobs", type=_count, default=min(4, os.cpu_count() or 1), help="threads (default: %(default)s)"
    )
    return parser


def _run(arguments: argparse.Namespace) -> None:
    import torch

    # The threads are our own.
    torch.set_num_threads(1)
    begun = time.monotonic()
    lock = _read_lock(arguments.lock or Path(__file__).resolve().parents[2] / "plan.lock.json")
    has_adapter = lock.get("lora") is not None
    if has_adapter != (arguments.merge or arguments.adapter_for is not None):
        raise UserError(
            "the plan trains adapters, and the base is not among what its run has saved: with --merge the trained adapter is"
            " added to the base"
            if has_adapter
            else "the plan trains the whole model, so there is no adapter; leave out --merge and --adapter-for"
        )
    if arguments.adapter_for is not None:
        what = write_for_serving(Adapter.read(arguments.checkpoint, lock), lock, arguments.output)
        print(f"{arguments.output}: an adapter as {arguments.adapter_for} reads it, {what}")
        return
    plan = lock["export"]
    options = Options(
        layout=arguments.layout or plan["layout"],
        dtype=arguments.dtype or plan["dtype"],
        max_shard_bytes=arguments.max_shard_size or _size(plan["max_shard_size"]),
        source=arguments.source,
        jobs=arguments.jobs,
    )
    table = Table(lock, layout=options.layout, dtype=options.dtype)
    content: Content
    if has_adapter:
        base = find_base(lock, arguments.source, needed="an adapter is added to its base")
        options = replace(options, source=base)
        content = Merged.read(arguments.checkpoint, base, lock)
    else:
        content = TrainedRun.read(find_checkpoint(arguments.checkpoint), lock, table)
    export = Export(content, table, lock, options)
    export.write(arguments.output)
    tensors = sum(len(shard.tensors) for shard in export.shards)
    print(
        f"{arguments.output}: {export.content.label}, {tensors:,} tensors, {export.bytes / 1e9:.2f} GB,"
        f" {options.layout} in {options.dtype}, read back and compared, {time.monotonic() - begun:.1f} s"
    )
    if not export.companions.has_tokenizer:
        print("  without a tokenizer: none was found; --source FOLDER names where to take it from")


def _read_lock(path: Path) -> dict[str, Any]:
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"cannot read {path}: {error}; name the plan.lock.json of the run's bundle with --lock"
        ) from error
    if not isinstance(lock, dict) or "export" not in lock or "model" not in lock:
        raise UserError(f"{path} does not say how to export; compile the plan again with this planc")
    return lock


def _size(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,5}(?:\.\d{1,3})?)(KB|MB|GB|TB)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 5GB")
    return round(float(match[1]) * UNITS[match[2]])


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 256")
    return int(text)
