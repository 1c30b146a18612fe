"""Write a tiny checkpoint without any library: every byte another one, more than ten experts, shards, odd sizes."""

import json
import random
import struct
from math import prod
from pathlib import Path

HIDDEN, WIDTH, EXPERTS, LAYERS = 7, 5, 12, 3


def tensors() -> list[tuple[str, list[int]]]:
    found = [("model.embed_tokens.weight", [11, HIDDEN])]
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        found += [(f"{at}self_attn.{name}_proj.weight", [14, HIDDEN]) for name in "qkv"]
        found += [(f"{at}self_attn.o_proj.weight", [HIDDEN, 14])]
        found += [(f"{at}self_attn.{name}_norm.weight", [7]) for name in "qk"]
        for expert in range(EXPERTS):
            for name in ("gate", "up"):
                found.append((f"{at}mlp.experts.{expert}.{name}_proj.weight", [WIDTH, HIDDEN]))
            found.append((f"{at}mlp.experts.{expert}.down_proj.weight", [HIDDEN, WIDTH]))
        found += [(f"{at}mlp.gate.weight", [EXPERTS, HIDDEN])]
        found += [(f"{at}{name}_layernorm.weight", [HIDDEN]) for name in ("input", "post_attention")]
    return [*found, ("model.norm.weight", [HIDDEN]), ("lm_head.weight", [11, HIDDEN])]


CONFIG = {
    "model_type": "qwen3_moe",
    "num_experts": EXPERTS,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": WIDTH,
    "intermediate_size": 9,
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 7,
    "vocab_size": 11,
}


def write(folder: Path, *, files: int = 3, seed: int = 0) -> None:
    """The same seed gives the same bytes. Tensors are sorted within each file, as the reference writer sorts them."""
    randomness = random.Random(seed)
    folder.mkdir(parents=True)
    every = tensors()
    weight_map = {}
    for number in range(files):
        name = f"model-{number + 1:05}-of-{files:05}.safetensors" if files > 1 else "model.safetensors"
        header, data = {"__metadata__": {"format": "pt"}}, b""
        for tensor, shape in sorted(every[len(every) * number // files : len(every) * (number + 1) // files]):
            size = prod(shape) * 2
            header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [len(data), len(data) + size]}
            data += randomness.randbytes(size)
            weight_map[tensor] = name
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + data)
    if files > 1:
        total = sum(prod(shape) * 2 for _, shape in every)
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2))
    (folder / "tokenizer.json").write_text('{"tokenizer": true}')
