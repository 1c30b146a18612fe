"""Read safetensors files with the reference parser and with planc's own reader. Run with PYTHONPATH=templates.

Each line of the input is a JSON list of files in base64. The answer is a list of `[reference, ours]`: what each made of
the file, `{"tensors": [[name, dtype, shape, size], ...]}` or `{"error": "..."}`.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

from planc_runtime.safetensors import CheckpointError, read_header
from safetensors import SafetensorError, deserialize


def reference(content: bytes) -> dict[str, object]:
    try:
        tensors = deserialize(content)
    except SafetensorError as error:
        return {"error": str(error)}
    return {"tensors": [[name, view["dtype"], list(view["shape"]), len(view["data"])] for name, view in tensors]}


def ours(path: Path) -> dict[str, object]:
    try:
        header = read_header(path)
    except CheckpointError as error:
        return {"error": str(error)}
    return {
        "tensors": [
            [name, tensor.dtype, list(tensor.shape), tensor.end - tensor.begin]
            for name, tensor in header.tensors.items()
        ]
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        for line in sys.stdin:
            answers = []
            for text in json.loads(line):
                content = base64.b64decode(text)
                path.write_bytes(content)
                answers.append([reference(content), ours(path)])
            print(json.dumps(answers), flush=True)


main()
