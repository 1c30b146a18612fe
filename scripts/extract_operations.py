"""Writes what a layer of each Mixture-of-Experts family allocates: src/model/operations/MODEL_TYPE.json.

Small models run on the CPU, one micro-batch forward and backward, under torch's profiler. One key of the config is doubled at a
time, and the rows and the length of the micro-batch, and the bytes of each storage are read as a product or a sum. What cannot be
read so stands in the file with its reason.

    python scripts/extract_operations.py                writes every file
    python scripts/extract_operations.py TYPE ...       writes those
    python scripts/extract_operations.py --check        exits 3 where a file in git is not what the installed release does
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import warnings
from pathlib import Path

import torch
from extract_families import text_types
from operations.family import COMPUTE, operations
from operations.text import text_of
from transformers.utils import logging

OUTPUT = Path(__file__).resolve().parent.parent / "src" / "model" / "operations"


def write(model_type: str, formats: list[str], output: Path, check: bool) -> int:
    """One family, in this process: Liger's kernels change its module for good."""
    text = text_of(operations(model_type, tuple(formats)))
    file = output / f"{model_type}.json"
    if file.exists() and file.read_text() == text:
        return 0
    if not check:
        output.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return 3 if check else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("types", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--formats", nargs="+", default=COMPUTE, choices=COMPUTE, help="compute formats that are recorded")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    if len(options.types) == 1:
        warnings.filterwarnings("ignore")
        logging.set_verbosity_error()
        torch.set_num_threads(1)
        return write(options.types[0], options.formats, options.output, options.check)
    stale, failed = [], []
    for model_type in options.types or text_types():
        command = [sys.executable, __file__, model_type, "--output", str(options.output), "--formats", *options.formats]
        command += ["--check"] if options.check else []
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"KINETO_LOG_LEVEL": "5"})
        if done.returncode == 3:
            stale.append(model_type)
        elif done.returncode != 0:
            failed.append(model_type)
            print(f"{model_type}: {(done.stderr.strip().splitlines() or ['failed'])[-1][:300]}", flush=True)
        else:
            print(f"{model_type}: {done.stdout.strip()}", flush=True)
    if stale:
        print(f"not what is installed: {', '.join(stale)}")
    return 3 if stale else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
