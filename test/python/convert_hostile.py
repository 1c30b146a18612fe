"""
Give a converter checkpoints that are broken or hostile; what it says names the file and is no traceback.

    convert_hostile.py CONVERTER FOLDER

CONVERTER is for the tiny checkpoint, per_expert to gate_up. Prints a JSON list of `{"case", "status", "said", "left"}`:
the exit status, what was said, and the names in the output folder.
"""

import json
import resource
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import convert_tiny

converter, work = Path(sys.argv[1]), Path(sys.argv[2])
INDEX = "model.safetensors.index.json"
results = []


def run(case: str, change: Callable[[Path], object], *, files: int = 3, options: tuple[str, ...] = ()) -> None:
    source, output = work / "source", work / "output"
    for folder in (source, output):
        shutil.rmtree(folder, ignore_errors=True)
    convert_tiny.write(source, files=files)
    change(source)
    command = [sys.executable, converter / "convert.py", "--source", source, "--output", output, *options]
    ended = subprocess.run(command, capture_output=True, text=True)
    left = sorted(path.name for path in output.iterdir()) if output.exists() else []
    said = (ended.stderr + ended.stdout)[-600:]
    results.append({"case": case, "status": ended.returncode, "said": said, "left": left})


def index(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def act(source: Path) -> None:
        content = json.loads((source / INDEX).read_text())
        change(content)
        (source / INDEX).write_text(json.dumps(content))

    return act


def header(number: int, change: Callable[[dict], object]) -> Callable[[Path], None]:
    """Change what a file's header says; its data stays."""

    def act(source: Path) -> None:
        path = sorted(source.glob("*.safetensors"))[number]
        raw = path.read_bytes()
        (length,) = struct.unpack("<Q", raw[:8])
        content = json.loads(raw[8 : 8 + length])
        change(content)
        text = json.dumps(content).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])

    return act


def renamed(old: str, new: str) -> Callable[[Path], None]:
    def act(source: Path) -> None:
        def change(content: dict) -> None:
            content[new] = content.pop(old)

        header(0, change)(source)

    return act


FIRST = "model-00001-of-00003.safetensors"
GATE = "model.layers.0.mlp.experts.0.gate_proj.weight"

run("nothing is wrong", lambda source: None)
for name in ("../x.safetensors", "/etc/x.safetensors", "a\\b.safetensors", "x.bin", "", 5, "\x00.safetensors", None):
    run(f"a weight_map that names {name!r}", index(lambda content, name=name: content["weight_map"].update(x=name)))
run("no weight_map", index(lambda content: content.pop("weight_map")))
run("a weight_map that is a list", index(lambda content: content.update(weight_map=[1])))
run("an index that is no JSON", lambda source: (source / INDEX).write_text("{"))
run("an index that is nested deeply", lambda source: (source / INDEX).write_text("[" * 100_000))
run("an index in another encoding", lambda source: (source / INDEX).write_bytes("{}".encode("utf-16")))
run("an index that names a tensor twice", lambda source: (source / INDEX).write_text('{"weight_map": {"a": "b", "a": "c"}}'))
run("a missing file", lambda source: (source / FIRST).unlink())
run("a file that is a folder", lambda source: ((source / FIRST).unlink(), (source / FIRST).mkdir()))
run("an index entry that no file holds", index(lambda content: content["weight_map"].update({"lost": FIRST})))
run("a tensor that the index forgets", index(lambda content: content["weight_map"].pop(GATE)))
run("a single file beside an index", lambda source: shutil.copy(source / FIRST, source / "model.safetensors"))
run("no checkpoint", lambda source: [path.unlink() for path in source.glob("model*")])
run("an empty file", lambda source: (source / FIRST).write_bytes(b""))
run("a file that is cut off", lambda source: (source / FIRST).write_bytes((source / FIRST).read_bytes()[:-1]))
run("a header that is cut off", lambda source: (source / FIRST).write_bytes((source / FIRST).read_bytes()[:99]))
run("a header too large", lambda source: (source / FIRST).write_bytes(struct.pack("<Q", 100_000_001) + b"{}"))
run("a header beyond everything", lambda source: (source / FIRST).write_bytes(b"\xff" * 64))
run("a hole", header(0, lambda content: content[GATE].update(data_offsets=[9, 79])))
run("an unknown dtype", header(0, lambda content: content[GATE].update(dtype="F7")))
run("an expert of another shape", header(0, lambda content: content[GATE].update(shape=[7, 5])))
run("an expert of another format", header(0, lambda content: content[GATE].update(dtype="F16")))


def lose_an_expert(source: Path) -> None:
    renamed(GATE, "model.layers.7.gate")(source)

    def change(content: dict) -> None:
        content["weight_map"]["model.layers.7.gate"] = content["weight_map"].pop(GATE)

    index(change)(source)


run("an expert that is missing", lose_an_expert)


def single(old: str, new: str) -> None:
    run(f"{old} called {new}", renamed(old, new), files=1)


single("lm_head.weight", "model.layers.0.mlp.experts.12.gate_proj.weight")
single("lm_head.weight", "model.layers.1.mlp.experts.gate_up_proj")
single("lm_head.weight", "model.layers.1.mlp.experts.3.gate_proj.weight_scale_inv")
single("model.norm.weight", "model.norm.bias")
run("no config.json", lambda source: (source / "config.json").unlink())
run("a config.json that is no JSON", lambda source: (source / "config.json").write_text("{"))
run("a config.json that is a list", lambda source: (source / "config.json").write_text("[]"))
run("another family", lambda source: (source / "config.json").write_text('{"model_type": "mixtral"}'))
run("a source that is not there", lambda source: shutil.rmtree(source))
for option in (("--jobs", "0"), ("--max-shard-size", "5"), ("--max-shard-size", "5XB"), ("--engine", "magic")):
    run(f"{' '.join(option)}", lambda source: None, options=option)

# Ten thousand files, with room for few at a time.
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def many(source: Path) -> None:
    content = json.loads((source / INDEX).read_text())
    for number in range(10_000):
        text = json.dumps({f"extra.{number}": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}).encode()
        (source / f"extra-{number}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"ab")
        content["weight_map"][f"extra.{number}"] = f"extra-{number}.safetensors"
    (source / INDEX).write_text(json.dumps(content))


run("10,000 files", many, options=("--jobs", "2"))
run("10,000 files, one of them gone", lambda source: (many(source), (source / "extra-777.safetensors").unlink()))
print(json.dumps(results))
