"""
Convert on a file system with reflinks, which is played: FICLONERANGE copies, and refuses what XFS would refuse.

    convert_sharing.py CONVERTER FOLDER

CONVERTER is what `planc convert` wrote for `CONFIG`, per_expert to fused. Prints a JSON object: case → `same` (as copying
byte by byte gives it), `shared` and `copied` bytes, `small` (bytes of tensors that are too small to share), `edges`
(most bytes that may be copied beside), and `aligned` (each tensor begins at a multiple of its elements' size).
"""

import errno
import json
import os
import random
import runpy
import struct
import sys
from math import prod
from pathlib import Path

HIDDEN, WIDTH, EXPERTS, LAYERS, VOCABULARY = 128, 272, 11, 3, 520
CONFIG = {
    "model_type": "qwen3_moe",
    "num_experts": EXPERTS,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": WIDTH,
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 3,
    "num_key_value_heads": 3,
    "head_dim": 96,
    "vocab_size": VOCABULARY,
}
BLOCK, LEAST = 4096, 65536


def tensors() -> list[tuple[str, str, list[int]]]:
    found = [("model.embed_tokens.weight", "BF16", [VOCABULARY, HIDDEN])]
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        found += [(f"{at}self_attn.{name}_proj.weight", "BF16", [288, HIDDEN]) for name in "qkv"]
        found += [(f"{at}self_attn.o_proj.weight", "BF16", [HIDDEN, 288])]
        found += [(f"{at}self_attn.{name}_norm.weight", "BF16", [96]) for name in "qk"]
        for expert in range(EXPERTS):
            at_expert = f"{at}mlp.experts.{expert}."
            found += [(f"{at_expert}{name}_proj.weight", "BF16", [WIDTH, HIDDEN]) for name in ("gate", "up")]
            found.append((f"{at_expert}down_proj.weight", "BF16", [HIDDEN, WIDTH]))
        found += [(f"{at}mlp.gate.weight", "BF16", [EXPERTS, HIDDEN])]
        found += [(f"{at}{name}_layernorm.weight", "BF16", [HIDDEN]) for name in ("input", "post_attention")]
        # Narrow and wide elements of odd numbers, as quantisers and routers leave them.
        found += [(f"{at}mlp.scale_a", "U8", [3]), (f"{at}mlp.scale_b", "F32", [6])]
    return [*found, ("model.norm.weight", "BF16", [HIDDEN]), ("lm_head.weight", "BF16", [VOCABULARY, HIDDEN])]


WIDTHS = {"BF16": 2, "U8": 1, "F32": 4}


def write(folder: Path, files: int) -> None:
    """As the reference writer: in each file the wider elements first, then by name."""
    folder.mkdir()
    randomness, every, weight_map = random.Random(files), tensors(), {}
    for number in range(files):
        name = f"model-{number + 1:05}-of-{files:05}.safetensors" if files > 1 else "model.safetensors"
        share = every[number * len(every) // files : (number + 1) * len(every) // files]
        header, data = {"__metadata__": {"format": "pt"}}, b""
        for tensor, dtype, shape in sorted(share, key=lambda row: (-WIDTHS[row[1]], row[0])):
            size = prod(shape) * WIDTHS[dtype]
            header[tensor] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
            data += randomness.randbytes(size)
            weight_map[tensor] = name
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + data)
    if files > 1:
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(CONFIG))


def played(refuse_after: int):
    """FICLONERANGE of a file system that shares blocks of 4,096 bytes and, after some calls, no longer does."""
    calls = 0

    def ioctl(target: int, request: int, argument: bytes) -> None:
        nonlocal calls
        calls += 1
        source, begin, size, at = struct.unpack("@qQQQ", argument)
        assert request == 0x4020940D
        if calls > refuse_after:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        if begin % BLOCK or size % BLOCK or at % BLOCK or size == 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        assert begin + size <= os.fstat(source).st_size
        os.pwrite(target, os.pread(source, size, begin), at)

    return ioctl


def main() -> None:
    converter, work = Path(sys.argv[1]), Path(sys.argv[2])
    sys.path.insert(0, str(converter))
    from planc_runtime.convert import copying
    from planc_runtime.convert.conversion import Conversion, Options
    from planc_runtime.convert.progress import Progress

    program = runpy.run_path(str(converter / "convert.py"))["PROGRAM"]

    def convert(program, source: Path, output: Path, limit: int, engines: tuple[str, ...] = copying.ENGINES):
        conversion = Conversion(program, source, output, Options(max_shard_bytes=limit, jobs=2, engines=engines))
        conversion.run(Progress(0, quiet=True))
        return conversion

    one, three = work / "one", work / "three"
    write(one, 1)
    write(three, 3)
    stacks = work / "stacks"
    convert(program, one, stacks, 10**9, ("read_write",))
    cases = {
        "one file to one": (program, one, 10**9, 10**6),
        "one file back to one": (program.reverse(), stacks, 10**9, 10**6),
        "one file to several": (program, one, 3 * 10**6, 10**6),
        "three files to one": (program, three, 10**9, 10**6),
        "three files to several": (program, three, 3 * 10**6, 10**6),
        "no more than 40 times": (program, one, 10**9, 40),
    }
    found = {}
    for number, (case, (way, source, limit, refuse_after)) in enumerate(cases.items()):
        plain, shared = work / f"{number}-plain", work / f"{number}-shared"
        convert(way, source, plain, limit, ("read_write",))
        copying.fcntl = type("fcntl", (), {"ioctl": staticmethod(played(refuse_after))})
        conversion = convert(way, source, shared, limit)
        small = sum(slot.target.size for shard in conversion.shards for slot in shard.slots if slot.target.size < LEAST)
        ranges = sum(
            1
            for shard in conversion.shards
            for slot in shard.slots
            for span in conversion.layout.spans(slot.target)
            if span.size >= LEAST
        )
        found[case] = {
            "same": {path.name: path.read_bytes() for path in plain.iterdir()}
            == {path.name: path.read_bytes() for path in shared.iterdir()},
            "shared": conversion.copied["reflink"],
            "copied": conversion.copied["copy_file_range"] + conversion.copied["read_write"],
            "promised": sum(shard.shared for shard in conversion.shards),
            "small": small,
            "edges": 2 * BLOCK * ranges,
            "aligned": all(
                slot.begin % WIDTHS[slot.target.dtype] == 0 for shard in conversion.shards for slot in shard.slots
            ),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
