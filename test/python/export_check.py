"""Export checkpoints of a run in several layouts, and compare with what transformers and torch make of the same weights.

    export_check.py FOLDER SETUP_JSON

FOLDER holds `model/` (what the run loaded), `bundle/` and the runs that `export_save.py` has saved. SETUP_JSON is
`{"runs": ["run-4", ...], "exports": [[layout, dtype, max_shard_size], ...]}`; the first is what the plan asks for. Prints a
JSON object: `wrong`, a list of sentences, and what was compared.
"""

import contextlib
import filecmp
import hashlib
import io
import json
import re
import runpy
import sys
from pathlib import Path

import torch
from export_save import change
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

FILES = ("generation_config.json", "tokenizer.json", "tokenizer_config.json")
ORDER = ("gate_proj", "up_proj", "down_proj", "w1", "w3", "w2")


def export(run: Path, output: Path, *options: str) -> None:
    sys.argv = ["planc_runtime.export", str(run), "--output", str(output), *options]
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_module("planc_runtime.export", run_name="__main__")


def load_all(folder: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        tensors |= load_file(file)
    return tensors


def in_layout(stored: dict[str, torch.Tensor], layout: str) -> dict[str, torch.Tensor]:
    """What torch makes of matrices that transformers has saved one by one."""
    if layout in ("per_expert", "gate_up_interleaved"):
        return stored
    found = {}
    matrices: dict[tuple[str, str], dict[int, torch.Tensor]] = {}
    for name, tensor in stored.items():
        match = re.fullmatch(r"(.*)\.(?:mlp|block_sparse_moe)\.experts\.(\d+)\.(\w+)\.weight", name)
        if match is None:
            found[name] = tensor
            continue
        kind = ("gate", "up", "down")[ORDER.index(match[3]) % 3]
        matrices.setdefault((f"{match[1]}.mlp.experts", kind), {})[int(match[2])] = tensor
    for (module, kind), some in matrices.items():
        stack = torch.stack([some[expert] for expert in range(len(some))])
        if layout == "fused" or kind == "down":
            found[f"{module}.{kind}_proj"] = stack
        elif kind == "gate":
            up = matrices[module, "up"]
            found[f"{module}.gate_up_proj"] = torch.cat(
                [stack, torch.stack([up[expert] for expert in range(len(up))])], dim=1
            )
    return found


def same(what: str, found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], wrong: list[str]) -> int:
    """Bit for bit."""
    if set(found) != set(expected):
        wrong.append(f"{what}: other names, such as {sorted(set(found) ^ set(expected))[:3]}")
    for name in set(found) & set(expected):
        one, other = found[name], expected[name].contiguous()
        if one.dtype != other.dtype or one.shape != other.shape:
            wrong.append(
                f"{what}: {name} is {one.dtype} {list(one.shape)}, not {other.dtype} {list(other.shape)}"
            )
        elif not torch.equal(one.view(torch.uint8), other.view(torch.uint8)):
            wrong.append(f"{what}: {name} has other bytes")
    return len(found)


def sha256(tensor: torch.Tensor) -> bytes:
    return hashlib.sha256(tensor.contiguous().view(torch.uint8).numpy().tobytes()).digest()


def digests_of(stored: dict[str, torch.Tensor]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What the manifest has to say, from matrices that transformers has saved."""
    experts: dict[str, dict[int, dict[int, bytes]]] = {}
    carried = {}
    for name, tensor in stored.items():
        one = re.fullmatch(r"(.*\.layers\.\d+)\..*\.experts\.(\d+)\.(\w+)\.weight", name)
        stack = re.fullmatch(r"(.*\.layers\.\d+)\..*\.experts\.(\w+)", name)
        if one:
            layer = experts.setdefault(one[1], {})
            layer.setdefault(int(one[2]), {})[ORDER.index(one[3]) % 3] = sha256(tensor)
        elif stack:
            order = ("gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias").index(stack[2])
            for expert, part in enumerate(tensor):
                experts.setdefault(stack[1], {}).setdefault(expert, {})[order] = sha256(part)
        else:
            carried[name] = sha256(tensor).hex()
    listed = {
        module: [
            hashlib.sha256(b"".join(pieces[number] for number in sorted(pieces))).hexdigest()
            for _, pieces in sorted(layer.items())
        ]
        for module, layer in experts.items()
    }
    return listed, carried


def logits_of(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.arange(3, 27).reshape(2, 12), use_cache=False).logits


def check_loading(place: Path, reference: torch.nn.Module, wrong: list[str]) -> None:
    model, report = AutoModelForCausalLM.from_pretrained(place, output_loading_info=True, dtype="auto")
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report[kind]:
            wrong.append(f"{place.name}: {kind} {sorted(map(str, report[kind]))[:3]}")
    same(f"{place.name} in memory", dict(model.state_dict()), dict(reference.state_dict()), wrong)
    if not torch.equal(logits_of(model), logits_of(reference)):
        wrong.append(f"{place.name}: other logits")


def main() -> None:
    folder, setup = Path(sys.argv[1]), json.loads(sys.argv[2])
    wrong: list[str] = []
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    change(model)
    model.save_pretrained(folder / "expected-float32")
    models = {"float32": model}
    models["bfloat16"] = AutoModelForCausalLM.from_pretrained(folder / "expected-float32", dtype=torch.bfloat16)
    models["bfloat16"].save_pretrained(folder / "expected-bfloat16")
    expected = {dtype: load_all(folder / f"expected-{dtype}") for dtype in models}
    model_type = model.config.model_type

    compared = files = 0
    for run in setup["runs"]:
        for number, (layout, dtype, size) in enumerate(setup["exports"]):
            place = folder / f"{run}-{layout}-{dtype}"
            options = ["--layout", layout, "--dtype", dtype] if number else []
            export(folder / run, place, "--source", str(folder / "model"), "--max-shard-size", size, *options)
            first = folder / f"{setup['runs'][0]}-{layout}-{dtype}"
            if place != first:
                # How many ranks have saved it must not matter.
                weights = [path.name for path in first.glob("model*")]
                if filecmp.cmpfiles(first, place, weights, shallow=False)[0] != weights:
                    wrong.append(f"{place.name} is not {first.name}")
                compared += 1
                continue
            found = load_all(place)
            compared += same(place.name, found, in_layout(expected[dtype], layout), wrong)
            files = max(files, len(list(place.glob("*.safetensors"))))
            manifest = json.loads((place / "planc-export.json").read_text())
            if (manifest["experts"], manifest["carried"]) != digests_of(expected[dtype]):
                wrong.append(f"{place.name}: other digests")
            config = json.loads((place / "config.json").read_text())
            if (config["model_type"], config["dtype"]) != (model_type, dtype):
                wrong.append(f"{place.name}: config.json says {config['model_type']} in {config['dtype']}")
            for name in FILES:
                if not filecmp.cmp(folder / "model" / name, place / name, shallow=False):
                    wrong.append(f"{place.name}: another {name}")
            index = place / "model.safetensors.index.json"
            if index.exists() and set(json.loads(index.read_text())["weight_map"]) != set(found):
                wrong.append(f"{place.name}: its index names other tensors")
            if layout != "fused":  # the three stacks are read by no release
                check_loading(place, models[dtype], wrong)
    print(json.dumps({"wrong": wrong, "compared": compared, "files": files}))


if __name__ == "__main__":
    main()
