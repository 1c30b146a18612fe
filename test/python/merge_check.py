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
from peft.tuners.lora.layer import LoraLayer, ParamWrapper
from safetensors.torch import load_file, save_file
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


def deltas_of(folder: Path) -> dict[str, torch.Tensor]:
    """What PEFT adds to each parameter, in float32."""
    base = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    names = {parameter.data_ptr(): name for name, parameter in base.named_parameters()}
    model = PeftModel.from_pretrained(base, folder / "adapter")
    found = {}
    for module in model.modules():
        if isinstance(module, LoraLayer):
            weight = module.get_param() if isinstance(module, ParamWrapper) else module.get_base_layer().weight
            found[names[weight.data_ptr()]] = module.get_delta_weight("default")
    return found


def served(folder: Path) -> dict[str, torch.Tensor]:
    """
    What an engine makes of an adapter for serving: `lora_alpha / r`, whatever patterns say, and a pair for each expert and
    projection, of which w1, w3 and w2 are gate, up and down.
    """
    config = json.loads((folder / "adapter_config.json").read_text())
    if set(config) & {"rank_pattern", "alpha_pattern", "target_parameters"} or config["use_rslora"]:
        raise ValueError(f"engines do not read all of {sorted(config)}")
    factors = load_file(folder / "adapter_model.safetensors")
    names = {name.removesuffix(".lora_A.weight") for name in factors if name.endswith(".lora_A.weight")}
    if {name.rpartition(".")[2] for name in names} != set(config["target_modules"]):
        raise ValueError(f"target_modules is {config['target_modules']}")
    if any(factors[f"{name}.lora_A.weight"].shape[0] != config["r"] for name in names):
        raise ValueError("a pair has another rank than r")
    return {
        f"{name.removeprefix('base_model.model.')}.weight": factors[f"{name}.lora_B.weight"]
        @ factors[f"{name}.lora_A.weight"]
        * (config["lora_alpha"] / config["r"])
        for name in names
    }


def check_serving(folder: Path, lock: dict, lock_file: Path, answer: dict) -> None:
    """Per-expert deltas as engines see them, put together as the model stores them, against PEFT's own."""
    place = folder / "serving"
    export(folder / "adapter", place, "--adapter-for", "vllm", "--lock", str(lock_file))
    found, expected = served(place), deltas_of(folder)
    experts = lock["export"]["layouts"]["per_expert"]["experts"]
    rows = {row["name"]: row for row in lock["model"]["tensors"]}
    for template, row in rows.items():
        for layer in row["layers"] or [0]:
            delta = expected.pop(template.replace("{layer}", str(layer)), None)
            if delta is None:
                continue
            names = [each.replace("{layer}", str(layer)) for each in experts.get(template) or row["stored"]]
            numbers = range(len(delta)) if template in experts else [0]
            one = torch.stack(
                [torch.cat([found.pop(each.replace("{expert}", str(number))) for each in names]) for number in numbers]
            )
            answer["served"] += 1
            if not torch.allclose(one.view(delta.shape), delta, rtol=1e-5, atol=1e-6):
                answer["wrong"].append(f"{names} has another delta")
    if found or expected:
        answer["wrong"].append(f"nothing of the other: {sorted(found)[:3]} {sorted(expected)[:3]}")


def check(folder: Path) -> dict:
    lock_file = folder / "bundle" / "plan.lock.json"
    lock = json.loads(lock_file.read_text())
    answer = {"wrong": [], "compared": 0, "other": 0, "served": 0, "pairs": len(lock["adapters"]["pairs"])}
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
    if "per_expert" in lock["export"]["layouts"]:
        check_serving(folder, lock, lock_file, answer)
    return answer


folders = [Path(folder) for folder in sys.argv[1:]]
answers = [check(folder) for folder in folders]
failures, tried = faults(folders[0])
print(json.dumps({"families": answers, "failures": failures, "tried": tried}))
