"""
Measure how fast this machine's GPUs work at a plan's shapes, for planc's estimate of a step's time.

    python -m planc_runtime.bench.calibration plan.lock.json --config FILE --output calibration.json

`planc check`, `explain` and `fit` take the file with --calibration. Exits with 2 when nothing could be measured.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from planc_runtime.bench.machine import look, versions
from planc_runtime.errors import UserError
from planc_runtime.forked import run_ranks

VERSION = 1

# Where the package lies that this file is of.
PACKAGE = Path(__file__).resolve().parents[3]

MODULE = "planc_runtime.bench.calibration.rank"


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m planc_runtime.bench.calibration", allow_abbrev=False)
    parser.add_argument("lock", type=Path, help="the bundle's plan.lock.json")
    parser.add_argument("--config", type=Path, required=True, help="the model's config.json")
    parser.add_argument("--changes", type=Path, help="keys to change in it, as planc bench --toy writes them")
    parser.add_argument("--output", type=Path, required=True, help="where the file goes")
    parser.add_argument("--ranks", type=int, help="GPUs to measure with (default: all)")
    parser.add_argument("--timeout", type=int, default=300, help="seconds that it may take (default: %(default)s)")
    parser.add_argument("--cpu", action="store_true", help="on CPU processes, a few tokens: a test of the programs")
    return parser


def main() -> None:
    arguments = parser().parse_args()
    try:
        calibrate(arguments)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def calibrate(arguments: argparse.Namespace) -> None:
    lock, config = (_read(file) for file in (arguments.lock, arguments.config))
    if lock.get("version") != 1 or "mesh" not in lock:
        raise UserError(f"{arguments.lock} is no plan.lock.json of version 1")
    if arguments.cpu:
        os.environ |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    if arguments.changes is not None:
        config |= _read(arguments.changes)["changes"]
    machine = versions() if arguments.cpu else look()
    ranks = arguments.ranks or (2 if arguments.cpu else machine["gpus"])
    if ranks < 1 or (not arguments.cpu and ranks > machine["gpus"]):
        raise UserError(f"{max(ranks, 1)} GPUs are asked for, and {machine['gpus']} can be seen")
    with tempfile.TemporaryDirectory() as temporary:
        found = _measure(Path(temporary), lock, config, ranks=ranks, arguments=arguments)
    content = {
        "version": VERSION,
        "planc": lock["planc"],
        "made": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "torch": machine["torch"],
        "gpu": lock["plan"]["cluster"]["gpu"]["name"],
        **found,
    }
    part = arguments.output.with_name(f".{arguments.output.name}.part")
    try:
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(part, arguments.output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"cannot write {arguments.output}: {error.strerror}") from error
    print(f"{arguments.output}: {found['device']}, {ranks} of them")


def _measure(
    folder: Path, lock: dict[str, Any], config: dict[str, Any], *, ranks: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """What rank 0 found."""
    spec = folder / "spec.json"
    text = json.dumps({"lock": lock, "config": config, "cpu": arguments.cpu, "toy": arguments.cpu})
    spec.write_text(text, encoding="utf-8")

    def work() -> None:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PACKAGE), os.environ.get("PYTHONPATH"))))
        os.execv(sys.executable, [sys.executable, "-m", MODULE, str(spec)])

    failure = run_ranks(ranks, work, folder=folder / "logs", seconds=arguments.timeout)
    if failure is not None:
        raise UserError(f"rank {failure.rank}: {failure.message.removeprefix('error: ')}")
    return _read(folder / "calibration.json")


def _read(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{file} is not JSON: {error}") from error


if __name__ == "__main__":
    main()
