"""`npm run bench:convert`: what converting a checkpoint costs, against `cp` of the same bytes and against torch.

    python scripts/bench/convert.py BUNDLE [--folder FOLDER] [--layers 4] [--rounds 5] [--torch] [--files N]

Makes a checkpoint of Qwen3-30B-A3B's width in FOLDER (4 layers: 6.2 GB) and converts it to three stacks a layer with
BUNDLE's convert.py. Every case runs once a round, in turn; what it wrote is on the disk (fsync) when its clock stops.
Prints medians and ratios. On a file system with reflinks the copies are told not to use them.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from math import prod
from pathlib import Path

HIDDEN, WIDTH, EXPERTS, VOCABULARY = 2048, 768, 128, 151936


def tensors(layers: int) -> list[tuple[str, list[int]]]:
    found = [("model.embed_tokens.weight", [VOCABULARY, HIDDEN])]
    for layer in range(layers):
        at = f"model.layers.{layer}."
        for name, rows in (("q", 4096), ("k", 512), ("v", 512)):
            found.append((f"{at}self_attn.{name}_proj.weight", [rows, HIDDEN]))
        found.append((f"{at}self_attn.o_proj.weight", [HIDDEN, 4096]))
        found += [(f"{at}self_attn.{name}_norm.weight", [128]) for name in "qk"]
        for expert in range(EXPERTS):
            found += [(f"{at}mlp.experts.{expert}.{name}_proj.weight", [WIDTH, HIDDEN]) for name in ("gate", "up")]
            found.append((f"{at}mlp.experts.{expert}.down_proj.weight", [HIDDEN, WIDTH]))
        found.append((f"{at}mlp.gate.weight", [EXPERTS, HIDDEN]))
        found += [(f"{at}{name}_layernorm.weight", [HIDDEN]) for name in ("input", "post_attention")]
    return [*found, ("model.norm.weight", [HIDDEN]), ("lm_head.weight", [VOCABULARY, HIDDEN])]


def make(folder: Path, layers: int, limit: float) -> None:
    """Files of at most `limit` bytes, tensors sorted in each as the reference writer sorts them, random bytes."""
    folder.mkdir(parents=True)
    groups, size = [[]], 0
    for name, shape in tensors(layers):
        if groups[-1] and size + prod(shape) * 2 > limit:
            groups.append([])
            size = 0
        groups[-1].append((name, shape))
        size += prod(shape) * 2
    weight_map = {}
    noise = os.urandom(2**24)
    for number, group in enumerate(groups, 1):
        file = f"model-{number:05}-of-{len(groups):05}.safetensors" if len(groups) > 1 else "model.safetensors"
        header, at = {"__metadata__": {"format": "pt"}}, 0
        for name, shape in sorted(group):
            header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + prod(shape) * 2]}
            at += prod(shape) * 2
            weight_map[name] = file
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(folder / file, "wb") as stream:
            stream.write(struct.pack("<Q", len(text)) + text)
            while at > 0:
                at -= stream.write(noise[: min(at, len(noise))])
            os.fsync(stream.fileno())
    if len(groups) > 1:
        index = {"metadata": {}, "weight_map": weight_map}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text('{"model_type": "qwen3_moe", "num_experts": 128}')


def flush(folder: Path) -> None:
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def copy(source: Path, output: Path) -> None:
    output.mkdir()
    for path in source.iterdir():
        subprocess.run(["cp", "--reflink=never", path, output / path.name], check=True)
    flush(output)


def convert(bundle: Path, *options: str) -> Callable[[Path, Path], None]:
    def run(source: Path, output: Path) -> None:
        command = [sys.executable, bundle / "convert.py", "--source", source, "--output", output, "--quiet", *options]
        # As a user has it: compiled once.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

    return run


def with_torch(source: Path, output: Path) -> None:
    """What other converters do: load everything, stack, save."""
    script = Path(__file__).with_name("convert_torch.py")
    subprocess.run([sys.executable, script, source, output], check=True)
    flush(output)


def warm(folder: Path) -> None:
    for path in folder.iterdir():
        with open(path, "rb", buffering=0) as stream:
            while stream.read(2**24):
                pass


def cold(folder: Path) -> None:
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(".cache/bench-convert"))
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--file-bytes", type=float, default=4e9)
    parser.add_argument("--max-shard-size", default="5GB")
    parser.add_argument("--torch", action="store_true", help="also load, stack and save with torch")
    arguments = parser.parse_args()
    source, output = arguments.folder / "source", arguments.folder / "output"
    shutil.rmtree(arguments.folder, ignore_errors=True)
    make(source, arguments.layers, arguments.file_bytes)
    size = sum(path.stat().st_size for path in source.iterdir())

    sizes = ("--max-shard-size", arguments.max_shard_size)
    cases: dict[str, Callable[[Path, Path], None]] = {
        "cp": copy,
        "convert, 1 job": convert(arguments.bundle, "--no-verify", "--jobs", "1", *sizes),
        "convert, 2 jobs": convert(arguments.bundle, "--no-verify", "--jobs", "2", *sizes),
        "convert, 4 jobs": convert(arguments.bundle, "--no-verify", "--jobs", "4", *sizes),
        "convert and verify": convert(arguments.bundle, "--jobs", "4", *sizes),
        **({"torch": with_torch} if arguments.torch else {}),
    }
    print(f"{size / 1e9:.2f} GB, {arguments.rounds} rounds, medians")
    for state, prepare in (("warm", warm), ("cold", cold)):
        times: dict[str, list[float]] = {name: [] for name in cases}
        names = list(cases)
        for number in range(arguments.rounds):
            # Each case follows each other one in turn: what the one before has left to the disk is not always the same.
            first = number % len(names)
            for name in names[first:] + names[:first]:
                run = cases[name]
                if name == "torch" and number > 0:
                    continue
                shutil.rmtree(output, ignore_errors=True)
                os.sync()
                prepare(source)
                begun = time.monotonic()
                run(source, output)
                times[name].append(time.monotonic() - begun)
        for name, measured in times.items():
            ratios = [base / value for base, value in zip(times["cp"], measured, strict=False)]
            ratio, median = statistics.median(ratios), statistics.median(measured)
            print(f"{state}  {name:20} {median:7.2f} s  {size / 1e9 / median:6.2f} GB/s  {ratio:7.2f} x cp", flush=True)
    shutil.rmtree(arguments.folder)
    print(f"the most memory that a process took: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
