"""Write a checkpoint folder with every tensor that a lock counts on, of zeros: names and shapes are all right.

    python preflight_checkpoint.py RUNTIME LOCK FOLDER '{"format": "BF16", "index": true, "config": {...}, "cut": 0}'

`cut` takes bytes off the end of the last file.
"""

import json
import sys
from math import prod
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from planc_runtime.preflight.weights import expected_tensors
from planc_runtime.safetensors import BITS, write_header

lock, folder, how = json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3]), json.loads(sys.argv[4])
folder.mkdir(parents=True)
shapes = {name: each.shape for name, each in expected_tensors(lock).items()}
names = list(shapes)
half = len(names) // 2 if how.get("index") else 0
size = BITS[how.get("format", "BF16")] // 8
weight_map = {}
for number, part in enumerate((names[:half], names[half:])):
    if not part:
        continue
    file = f"model-0000{number + 1}-of-00002.safetensors" if half else "model.safetensors"
    weight_map |= dict.fromkeys(part, file)
    tensors, end = [], 0
    for name in part:
        begin, end = end, end + size * prod(shapes[name])
        tensors.append((name, how.get("format", "BF16"), shapes[name], begin, end))
    content = write_header(tensors) + bytes(end)
    (folder / file).write_bytes(content[: len(content) - how.get("cut", 0) * number])
if half:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
(folder / "config.json").write_text(json.dumps({"model_type": lock["model"]["model_type"]} | how.get("config", {})))
