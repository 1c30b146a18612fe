"""The command line of a bundle's `convert.py`."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from planc_runtime.convert.comparing import VerificationError
from planc_runtime.convert.conversion import Conversion, Options
from planc_runtime.convert.copying import ENGINES, StoppedError
from planc_runtime.convert.program import Program
from planc_runtime.convert.progress import Progress, amount
from planc_runtime.convert.tensors import CARRIED
from planc_runtime.convert.verifying import verify
from planc_runtime.errors import UserError

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def main(program: Program, *, max_shard_bytes: int, config: Mapping[str, object]) -> None:
    """
    Run the command and exit: 0 done, 2 it cannot be done, 4 a verification disagrees, 128 + signal when stopped.

    Args:
        max_shard_bytes: of a file, unless the command line says otherwise.
        config: keys that the target's config.json needs.
    """
    arguments = _parser(program).parse_args()
    try:
        if arguments.reverse:
            program, config = program.reverse(), {}
        sys.exit(_run(program, arguments, max_shard_bytes, config))
    except UserError as error:
        _say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _say(f"{error.filename or arguments.output}: {error.strerror or error}")
        sys.exit(2)
    except VerificationError as error:
        _say(f"verification failed: {error}")
        sys.exit(4)


def _say(message: str) -> None:
    """Print an error. Names in it come from files that anyone may have written."""
    print(f"error: {_visible(message)}", file=sys.stderr)


def _visible(text: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def _parser(program: Program) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        description=f"Re-store a {program.model_type} checkpoint: {program.source_layout} to {program.target_layout}.",
    )
    parser.add_argument("--source", "--source_dir", type=Path, help="the checkpoint folder to read")
    parser.add_argument("--output", "--output_dir", type=Path, required=True, help="the folder to write")
    parser.add_argument("--max-shard-size", type=_size, metavar="SIZE", help="largest file, such as 5GB")
    parser.add_argument(
        "--jobs", type=_count, default=min(4, os.cpu_count() or 1), help="threads (default: %(default)s)"
    )
    parser.add_argument("--reverse", action="store_true", help=f"{program.target_layout} to {program.source_layout}")
    parser.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    parser.add_argument("--verify", action="store_true", help="only compare OUTPUT with its manifest, and with SOURCE")
    parser.add_argument("--no-verify", action="store_true", help="do not read back what was written")
    parser.add_argument("--engine", choices=ENGINES, help="copy by this means alone")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _run(program: Program, arguments: argparse.Namespace, max_shard_bytes: int, config: Mapping[str, object]) -> int:
    progress = Progress(0, quiet=arguments.quiet)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: setattr(progress, "signal", number))
    begun = time.monotonic()
    try:
        if arguments.verify:
            experts, others = verify(
                program, arguments.output, arguments.source, jobs=arguments.jobs, progress=progress
            )
            progress.clear()
            print(f"{arguments.output} is as it was converted: {experts:,} experts and {others:,} other tensors agree")
            return 0
        if arguments.source is None:
            raise UserError("name the checkpoint to read with --source")
        options = Options(
            max_shard_bytes=arguments.max_shard_size or max_shard_bytes,
            jobs=arguments.jobs,
            verify=not arguments.no_verify,
            engines=ENGINES if arguments.engine is None else (arguments.engine,),
            config=config,
        )
        conversion = Conversion(program, arguments.source, arguments.output, options)
        if arguments.dry_run:
            describe(conversion)
            return 0
        if conversion.is_finished:
            print(f"{arguments.output} is converted already; --verify compares it with its manifest")
            return 0
        conversion.run(progress)
    except StoppedError:
        progress.clear()
        print("stopped; run the same command to go on", file=sys.stderr)
        return 128 + progress.signal
    finally:
        progress.clear()
    _report(conversion, time.monotonic() - begun)
    return 0


def describe(conversion: Conversion) -> None:
    """Print what a conversion will do."""
    source, program = conversion.source, conversion.program
    size = sum(file.size for file in source.files)
    print(f"{program.model_type}: {program.source_layout} to {program.target_layout}")
    print(f"  read   {len(source.tensors):,} tensors, {amount(size)} in {_files(len(source.files))}")
    tensors = sum(len(shard.slots) for shard in conversion.shards)
    print(f"  write  {tensors:,} tensors, {amount(conversion.bytes)} in {_files(len(conversion.shards))}")
    for shard in conversion.shards:
        print(f"    {shard.name}  {amount(shard.size)}  {len(shard.slots):,} tensors")
    patterns: dict[str, int] = {}
    for shard in conversion.shards:
        for slot in shard.slots:
            if slot.target.layer == CARRIED:
                pattern = re.sub(r"\.\d+(?=\.)", ".*", slot.target.name)
                patterns[pattern] = patterns.get(pattern, 0) + 1
    print(f"  taken over as they are: {sum(patterns.values()):,} tensors")
    for pattern, number in patterns.items():
        print(f"    {number:6,}  {_visible(pattern)}")
    print(f"  copied too: {', '.join(source.others) or 'nothing'}")
    if source.left:
        print(f"  left behind: {', '.join(source.left)}")


def _report(conversion: Conversion, seconds: float) -> None:
    total = sum(conversion.copied.values())
    engines = ", ".join(f"{amount(size)} by {engine}" for engine, size in conversion.copied.items() if size)
    print(f"{conversion.output}: {amount(conversion.bytes)} in {_files(len(conversion.shards))}, {seconds:.1f} s")
    if total:
        print(f"  {engines}")
    if conversion.options.verify:
        print("  read back and compared with the source, expert by expert")
    else:
        print("  not read back; compare with --verify --source")
    if conversion.source.left:
        print(f"  left behind: {', '.join(conversion.source.left)}")


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"


def _size(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,5}(?:\.\d{1,3})?)(KB|MB|GB|TB)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 5GB")
    return round(float(match[1]) * UNITS[match[2]])


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 256")
    return int(text)
