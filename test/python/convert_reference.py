"""
The reference job's conversion on a sparse checkpoint of its real size: 61 GB that take no disk.

    convert_reference.py BUNDLE FOLDER LAYERS

Prints a JSON object: `files`, the tensors of each file that the bundle's convert.py would write, in order; `split`, the
same by huggingface_hub's own splitter; `sizes` in bytes; `memory`, the peak of a dry run in KiB; `tensors` read.
"""

import json
import os
import resource
import runpy
import struct
import subprocess
import sys
from math import prod
from pathlib import Path

bundle, folder, layers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

HIDDEN, WIDTH, EXPERTS, VOCABULARY = 2048, 768, 128, 151936
OUTSIDE = [("model.embed_tokens.weight", [VOCABULARY, HIDDEN])]
ENDS = [("model.norm.weight", [HIDDEN]), ("lm_head.weight", [VOCABULARY, HIDDEN])]


def layer_of(layer: int, fused: bool) -> list[tuple[str, list[int]]]:
    """A layer's tensors in the order of the state dict of Qwen3-30B-A3B."""
    at = f"model.layers.{layer}."
    found = [(f"{at}self_attn.{name}_proj.weight", [rows, HIDDEN]) for name, rows in zip("qkv", (4096, 512, 512))]
    found += [(f"{at}self_attn.o_proj.weight", [HIDDEN, 4096])]
    found += [(f"{at}self_attn.{name}_norm.weight", [128]) for name in "qk"]
    if fused:
        found += [(f"{at}mlp.experts.{name}_proj", [EXPERTS, WIDTH, HIDDEN]) for name in ("gate", "up")]
        found += [(f"{at}mlp.experts.down_proj", [EXPERTS, HIDDEN, WIDTH])]
    else:
        for expert in range(EXPERTS):
            found += [(f"{at}mlp.experts.{expert}.{name}_proj.weight", [WIDTH, HIDDEN]) for name in ("gate", "up")]
            found += [(f"{at}mlp.experts.{expert}.down_proj.weight", [HIDDEN, WIDTH])]
    found += [(f"{at}mlp.gate.weight", [EXPERTS, HIDDEN])]
    return found + [(f"{at}{name}_layernorm.weight", [HIDDEN]) for name in ("input", "post_attention")]


def model(fused: bool) -> list[tuple[str, list[int]]]:
    return [*OUTSIDE, *(row for layer in range(layers) for row in layer_of(layer, fused)), *ENDS]


def write_sparse(limit: int = 4_000_000_000) -> int:
    """Shards of 4 GB, each sorted as the reference writer sorts; the bytes of the tensors are holes."""
    groups, size = [[]], 0
    for name, shape in model(fused=False):
        if groups[-1] and size + prod(shape) * 2 > limit:
            groups.append([])
            size = 0
        groups[-1].append((name, shape))
        size += prod(shape) * 2
    weight_map = {}
    for number, group in enumerate(groups, 1):
        file = f"model-{number:05}-of-{len(groups):05}.safetensors"
        header, at = {"__metadata__": {"format": "pt"}}, 0
        for name, shape in sorted(group):
            header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + prod(shape) * 2]}
            at += prod(shape) * 2
            weight_map[name] = file
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(folder / file, "wb") as stream:
            stream.write(struct.pack("<Q", len(text)) + text)
            stream.truncate(8 + len(text) + at)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    (folder / "config.json").write_text('{"model_type": "qwen3_moe", "num_experts": 128}')
    return len(weight_map)


tensors = write_sparse()
command = [sys.executable, bundle / "convert.py", "--source", folder, "--output", folder.with_name("output"), "--dry-run"]
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

from huggingface_hub import split_torch_state_dict_into_shards  # noqa: E402
from torch import bfloat16, empty  # noqa: E402

meta = {name: empty(shape, dtype=bfloat16, device="meta") for name, shape in model(fused=True)}
split = split_torch_state_dict_into_shards(meta, max_shard_size="5GB").filename_to_tensors

sys.path.insert(0, os.fspath(bundle))
from planc_runtime.convert.conversion import Conversion, Options  # noqa: E402

program = runpy.run_path(os.fspath(bundle / "convert.py"))
conversion = Conversion(program["PROGRAM"], folder, folder.with_name("output"), Options(program["MAX_SHARD_BYTES"]))
found = {shard.name: {slot.target.name for slot in shard.slots} for shard in conversion.shards}
print(
    json.dumps(
        {
            "tensors": tensors,
            "memory": memory,
            "same": {name: set(names) for name, names in split.items()} == found,
            "files": len(found),
            "bytes": sum(slot.target.size for shard in conversion.shards for slot in shard.slots),
            "largest": max(shard.size for shard in conversion.shards),
            "source_bytes": sum(file.size - file.data_start for file in conversion.source.files),
        }
    )
)
