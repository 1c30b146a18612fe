"""
Convert tiny checkpoints that transformers itself saved, in every direction, and compare with torch and transformers.

    convert_oracle.py FOLDER < cases

A case is `{"name", "config", "extra", "converters": {"per_expert": {"fused": folder, …}, …}}`: a converter for each
ordered pair of layouts, `extra` the prefix of a further block of experts that the model itself has not (MTP), or null.
Prints a JSON list: name → what disagrees (a list of sentences) and what was compared.
"""

import json
import logging
import re
import subprocess
import sys
import traceback
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

logging.disable(logging.WARNING)
work = Path(sys.argv[1])


def main() -> None:
    results = []
    for number, case in enumerate(json.load(sys.stdin)):
        wrong: list[str] = []
        counts = {}
        try:
            counts = check(case, work / str(number), wrong)
        except Exception as error:
            wrong.append("".join(traceback.format_exception(error))[-1500:])
        results.append({"name": case["name"], "wrong": wrong, **counts})
    print(json.dumps(results))


def check(case: dict, folder: Path, wrong: list[str]) -> dict[str, int]:
    model = build(case["config"])
    published = folder / "published"
    model.save_pretrained(published)
    stored = load_file(published / "model.safetensors")
    block = extra_block(stored, case["extra"])
    if block:
        save_file({**stored, **block}, published / "model.safetensors", metadata={"format": "pt"})
    stored |= block

    folders = {"per_expert": published}
    for to in ("fused", "gate_up"):
        folders[to] = convert(case, "per_expert", to, published, folder / f"per_expert-{to}")
    loaded = {layout: load_all(place) for layout, place in folders.items()}

    # The two stacks are what transformers has in memory; the three are what torch makes of the published matrices.
    memory = model.state_dict()
    compared = 0
    for name, tensor in memory.items():
        if name in loaded["gate_up"] and name not in stored:
            compared += same(f"{name} of gate_up", loaded["gate_up"][name], tensor, wrong)
    stacks = stacked(stored, {name for name in loaded["fused"] if name not in stored}, wrong)
    for name, tensor in stacks.items():
        compared += same(f"{name} of fused", loaded["fused"].get(name), tensor, wrong)
    for layout in ("fused", "gate_up"):
        carried = {name for name in loaded[layout] if name in stored}
        for name in carried:
            compared += same(f"{name}, carried to {layout}", loaded[layout][name], stored[name], wrong)
        if not set(block) <= carried:
            wrong.append(f"{layout} lost {set(block) - carried}")

    # Every other pair, against what has been compared above.
    for start in folders:
        for to in folders:
            if start != to and not (start == "per_expert"):
                place = convert(case, start, to, folders[start], folder / f"{start}-{to}")
                compared += same_tensors(f"{start} to {to}", load_all(place), loaded[to], wrong)
                if to == "per_expert":
                    back = place
    compared += same_tensors("a round trip", load_all(back), stored, wrong)

    tokens = torch.arange(3, 3 + 24).reshape(2, 12)
    with torch.no_grad():
        expected = model(tokens).logits
        for place in (folders["gate_up"], back):
            reloaded, report = AutoModelForCausalLM.from_pretrained(place, output_loading_info=True, dtype=torch.float32)
            for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
                left = {str(name) for name in report[kind]} - set(block)
                # An extra block that looks like a layer is merged before it is found to be one too many.
                left = {name for name in left if not (case["extra"] and name.startswith(case["extra"]))}
                if left:
                    wrong.append(f"{place.name}: {kind} {sorted(left)[:4]}")
            if not torch.equal(reloaded.eval()(tokens).logits, expected):
                wrong.append(f"{place.name}: other logits")
    return {"compared": compared, "stacks": len(stacks), "carried": len(block)}


def build(config: dict) -> torch.nn.Module:
    config = dict(config)
    model_type = config.pop("model_type")
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[model_type](**config)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.copy_(torch.randn_like(buffer) * 0.1)
    return model


def extra_block(stored: dict[str, torch.Tensor], prefix: str | None) -> dict[str, torch.Tensor]:
    """Another layer's experts under names of their own, as checkpoints with MTP layers have them."""
    if prefix is None:
        return {}
    experts = [name for name in stored if re.search(r"\.experts\.\d+\.", name)]
    layer = re.match(r"(.*?\.layers\.)(\d+)\.", experts[0])
    at = max(int(re.match(r".*?\.layers\.(\d+)\.", name)[1]) for name in experts)
    start = f"{layer[1]}{at}."
    block = {prefix + name.removeprefix(start): stored[name] * 2 for name in stored if name.startswith(start)}
    return block | {prefix + "eh_proj.weight": torch.randn(3, 5)}


def convert(case: dict, start: str, to: str, source: Path, output: Path) -> Path:
    program = Path(case["converters"][start][to]) / "convert.py"
    options = ["--source", source, "--output", output, "--max-shard-size", "60KB", "--quiet"]
    ended = subprocess.run([sys.executable, program, *options], capture_output=True, text=True)
    if ended.returncode != 0:
        raise RuntimeError(f"{start} to {to} ended with {ended.returncode}: {ended.stderr}{ended.stdout}"[:900])
    return output


def load_all(folder: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        tensors |= load_file(file)
    return tensors


def stacked(stored: dict[str, torch.Tensor], names: set[str], wrong: list[str]) -> dict[str, torch.Tensor]:
    """torch's own stacks, under the names that the conversion chose; each must be one matrix of all experts."""
    kinds = {"gate_proj": ("gate_proj", "w1"), "up_proj": ("up_proj", "w3"), "down_proj": ("down_proj", "w2")}
    found = {}
    for name in names:
        layer = re.search(r"\.layers\.(\d+)\.", name)[0]
        ends = kinds.get(name.rsplit(".", 1)[-1], ())
        matrices: dict[int, torch.Tensor] = {}
        for other, tensor in stored.items():
            match = re.search(r"\.experts\.(\d+)\.(\w+)\.weight$", other)
            if match and layer in other and match[2] in ends and other.startswith(name.split(layer)[0] + layer):
                matrices[int(match[1])] = tensor
        if not matrices:
            wrong.append(f"{name} is made of nothing that is stored")
            continue
        found[name] = torch.stack([matrices[expert] for expert in range(len(matrices))])
    return found


def same_tensors(what: str, found: dict, expected: dict, wrong: list[str]) -> int:
    if set(found) != set(expected):
        wrong.append(f"{what}: other names, such as {sorted(set(found) ^ set(expected))[:3]}")
    return sum(same(f"{name} of {what}", found.get(name), tensor, wrong) for name, tensor in expected.items())


def same(what: str, found: torch.Tensor | None, expected: torch.Tensor, wrong: list[str]) -> int:
    """Bit for bit."""
    if found is None or found.dtype != expected.dtype or found.shape != expected.shape:
        wrong.append(f"{what} is {None if found is None else list(found.shape)}, not {list(expected.shape)}")
    elif not torch.equal(found.view(torch.uint8), expected.contiguous().view(torch.uint8)):
        wrong.append(f"{what} has other bytes")
    return 1


if __name__ == "__main__":
    main()
