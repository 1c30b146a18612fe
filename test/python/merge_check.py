"""Merge adapters into their bases with the bundle's export, and compare with what PEFT's merge_and_unload makes of them.

    merge_check.py FOLDER...

Each FOLDER holds `model/` (float32, with a tokenizer), and `bundle/` of a plan with lora. Prints a JSON object: `families`, for each folder
`wrong`, a list of sentences; `compared`, the numbers compared; `other`, how many of them have other bits; and what `merge_faults.py` says of the first.
"""

import filecmp
import json
import shutil
import sys
from pathlib import Path

import torch
from export_check import FILES, export, in_layout, load_all
from merge_faults import faults
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM


def make_adapter(folder: Path, lora: dict) -> None:
    """An adapter of random numbers, both factors, as stock PEFT saves it."""
    base = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(**lora, task_type="CAUSAL_LM"))
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder / "adapter")


def merged_by_peft(folder: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """What PEFT and transformers write, in the layout that they write."""
    base = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=dtype)
    merged = PeftModel.from_pretrained(base, folder / "adapter").merge_and_unload()
    output = folder / f"expected-{dtype}"
    merged.save_pretrained(output)
    return load_all(output)


def compare(place: Path, expected: dict[str, torch.Tensor], answer: dict) -> None:
    found = load_all(place)
    if found.keys() != expected.keys():
        answer["wrong"].append(f"{place.name}: other names, such as {sorted(found.keys() ^ expected.keys())[:3]}")
    for name in found.keys() & expected.keys():
        one, other = found[name], expected[name].contiguous()
        answer["compared"] += one.numel()
        if one.dtype != other.dtype or one.shape != other.shape:
            answer["wrong"].append(f"{place.name}: {name} is {one.dtype} {one.shape}, not {other.dtype} {other.shape}")
            continue
        answer["other"] += int((one != other).sum())
        # The sum of a product may have another order in another program, and then rounds to the neighbour.
        if not torch.allclose(one, other, rtol=2**-7 if one.dtype == torch.bfloat16 else 1e-6, atol=1e-7):
            answer["wrong"].append(f"{place.name}: {name} is {(one - other).abs().max():g} away")


def stored_as(folder: Path, layout: str) -> Path:
    """The base in another layout, as torch makes it."""
    other = folder / f"model-{layout}"
    shutil.copytree(folder / "model", other, ignore=shutil.ignore_patterns("*.safetensors*"))
    save_file(in_layout(load_all(folder / "model"), layout), other / "model.safetensors")
    return other


def check(folder: Path) -> dict:
    lock_file = folder / "bundle" / "plan.lock.json"
    lock = json.loads(lock_file.read_text())
    answer = {"wrong": [], "compared": 0, "other": 0, "pairs": len(lock["adapters"]["pairs"])}
    make_adapter(folder, lock["lora"])
    own = lock["export"]["layout"]
    layouts = ["per_expert", "fused", "gate_up"] if "fused" in lock["export"]["layouts"] else [own]
    expected = {dtype: merged_by_peft(folder, getattr(torch, dtype)) for dtype in ("bfloat16", "float32")}
    for dtype, layout, base in [
        *(("bfloat16", layout, folder / "model") for layout in layouts),
        ("float32", own, folder / "model"),
        *(("bfloat16", own, stored_as(folder, layout)) for layout in layouts[1:]),
    ]:
        place = folder / f"{layout}-{dtype}-of-{base.name}"
        options = ["--layout", layout, "--dtype", dtype, "--max-shard-size", "60KB", "--lock", str(lock_file)]
        export(folder / "adapter", place, "--merge", "--source", str(base), *options)
        compare(place, in_layout(expected[dtype], layout), answer)
        for file in FILES:
            if not filecmp.cmp(base / file, place / file, shallow=False):
                answer["wrong"].append(f"{place.name}: another {file}")
    return answer


folders = [Path(folder) for folder in sys.argv[1:]]
answers = [check(folder) for folder in folders]
failures, tried = faults(folders[0])
print(json.dumps({"families": answers, "failures": failures, "tried": tried}))
