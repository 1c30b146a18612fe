"""
Convert a tiny checkpoint in blocks of fp8 and compare its scales with torch's joins.

    convert_scales.py CONVERTER FOLDER WIDTH

CONVERTER is for per_expert to gate_up, with blocks of 4 rows and 4 columns. Prints what disagrees, as a JSON list.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

converter, folder, width = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
HIDDEN, EXPERTS, BLOCK = 10, 11, 4
wrong = []
torch.manual_seed(0)


def blocks(size: int) -> int:
    return -(-size // BLOCK)


stored = {"model.embed_tokens.weight": torch.randn(7, HIDDEN)}
for layer in range(2):
    for expert in range(EXPERTS):
        for name, rows, columns in (("gate", width, HIDDEN), ("up", width, HIDDEN), ("down", HIDDEN, width)):
            at = f"model.layers.{layer}.mlp.experts.{expert}.{name}_proj.weight"
            stored[at] = torch.randn(rows, columns).to(torch.float8_e4m3fn)
            stored[f"{at}_scale_inv"] = torch.rand(blocks(rows), blocks(columns))
source, output, back = folder / "source", folder / "output", folder / "back"
source.mkdir(parents=True)
save_file(stored, source / "model.safetensors", metadata={"format": "pt"})
(source / "config.json").write_text((folder / "config.json").read_text())


def convert(*options: object) -> None:
    command = [sys.executable, converter / "convert.py", "--quiet", *options]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        wrong.append(ended.stderr)


convert("--source", source, "--output", output)
convert("--reverse", "--source", output, "--output", back)
if not wrong:
    converted, again = load_file(output / "model.safetensors"), load_file(back / "model.safetensors")
    for layer in range(2):
        at = f"model.layers.{layer}.mlp.experts."
        for end in ("", "_scale_inv"):
            rows = []
            for expert in range(EXPERTS):
                rows.append(torch.cat([stored[f"{at}{expert}.{name}_proj.weight{end}"] for name in ("gate", "up")]))
            pairs = {"gate_up_proj": torch.stack(rows)}
            downs = [stored[f"{at}{expert}.down_proj.weight{end}"] for expert in range(EXPERTS)]
            pairs["down_proj"] = torch.stack(downs)
            for name, expected in pairs.items():
                found = converted[f"{at}{name}{end}"]
                if found.shape != expected.shape or not torch.equal(found.view(torch.uint8), expected.view(torch.uint8)):
                    wrong.append(f"{at}{name}{end}")
    if set(again) != set(stored):
        wrong.append(f"round trip: {sorted(set(again) ^ set(stored))[:3]}")
    for name in set(again) & set(stored):
        if not torch.equal(again[name].view(torch.uint8), stored[name].view(torch.uint8)):
            wrong.append(f"round trip: {name}")
print(json.dumps(wrong))
