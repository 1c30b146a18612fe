"""
Convert tiny checkpoints that transformers itself saved, in every direction, and compare with torch and transformers.

    convert_oracle.py FOLDER < cases

A case is `{"name", "config", "saved", "extra", "converters": {"per_expert": {"fused": folder, …}, …}}`: a converter for
each ordered pair of layouts, `saved` the layout that transformers saves, `extra` the prefix of a further block of experts
that the model itself has not (MTP), or null. `architecture`: the class to build, where no causal model of the type is
known. `pairs`: "all", or "there and back" for conversions from and to the layout that transformers saves alone. `built_as`: the model type that transformers knows it by. `renamed`: `[pattern, replacement]` for names that it
saves, but nobody else uses.

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
import transformers
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
    model = build(case)
    architecture, config = type(model), model.config
    published = folder / "published"
    model.save_pretrained(published)
    if case.get("renamed"):
        named = load_file(published / "model.safetensors")
        save_file({re.sub(*case["renamed"], name): tensor for name, tensor in named.items()},
                  published / "model.safetensors", metadata={"format": "pt"})
    if case.get("built_as"):
        written = json.loads((published / "config.json").read_text())
        (published / "config.json").write_text(json.dumps({**written, "model_type": case["config"]["model_type"]}))
    # What transformers writes is not always what it has in memory: laguna, for one, renames its bias.
    stored = load_file(published / "model.safetensors")
    block = extra_block(stored, case["extra"])
    if block:
        save_file({**stored, **block}, published / "model.safetensors", metadata={"format": "pt"})
    stored |= block

    start = case["saved"]
    folders = {start: published}
    for to in case["converters"][start]:
        folders[to] = convert(case, start, to, published, folder / f"{start}-{to}")
    loaded = {layout: load_all(place) for layout, place in folders.items()}

    # The two stacks are what transformers has in memory, the three what torch makes of matrices or halves of stacks.
    memory = model.state_dict()
    compared = 0
    for name, tensor in memory.items():
        if name in loaded["gate_up"] and name not in stored:
            compared += same(f"{name} of gate_up", loaded["gate_up"][name], tensor, wrong)
    made = {name for layout in loaded for name in loaded[layout] if name not in stored}
    stacks = expected(stored, {name for name in made if not re.search(r"\.experts\.\d+\.", name)}, wrong)
    for layout in loaded:
        for name in made & set(loaded[layout]) & set(stacks):
            compared += same(f"{name} of {layout}", loaded[layout][name], stacks[name], wrong)
        if layout == start:
            continue
        carried = {name for name in loaded[layout] if name in stored}
        for name in carried:
            compared += same(f"{name}, carried to {layout}", loaded[layout][name], stored[name], wrong)
        if not set(block) <= carried:
            wrong.append(f"{layout} lost {set(block) - carried}")
    if start != "per_expert":
        compared += same_matrices(loaded["per_expert"], stacks, stored, wrong)

    # Every other pair, against what has been compared above.
    back = None
    for other in folders:
        for to in folders:
            if other not in (to, start) and (to == start or case["pairs"] == "all"):
                place = convert(case, other, to, folders[other], folder / f"{other}-{to}")
                compared += same_tensors(f"{other} to {to}", load_all(place), loaded[to], wrong)
                back = place if to == start else back
    compared += same_tensors("a round trip", load_all(back), stored, wrong)

    ran = logits_of(model)
    for place in (folders["gate_up"], back):  # the three stacks are read by no release
        reloaded, report = architecture.from_pretrained(
            place, config=config, output_loading_info=True, dtype=torch.float32
        )
        for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
            left = {str(name) for name in report[kind]} - set(block)
            # An extra block that looks like a layer is merged before it is found to be one too many.
            left = {name for name in left if not is_extra(name, case["extra"])}
            if left:
                wrong.append(f"{place.name}: {kind} {sorted(left)[:4]}")
        compared += same_tensors(f"the model of {place.name}", reloaded.state_dict(), memory, wrong)
        # Equal weights give equal logits but for the order of sums, which follows the alignment of memory.
        if ran is not None and not torch.allclose(logits_of(reloaded.eval()), ran, rtol=1e-5, atol=1e-6):
            wrong.append(f"{place.name}: other logits")
    return {"compared": compared, "stacks": len(stacks), "carried": len(block), "ran": int(ran is not None)}


def is_extra(name: str, prefix: str | None) -> bool:
    """Whether a name belongs to the further block, as stored or with the prefix that it has in memory."""
    if prefix is None:
        return False
    return name.startswith(prefix) or (not prefix.startswith("mtp.") and prefix[prefix.index("layers.") :] in name)


def logits_of(model: torch.nn.Module) -> torch.Tensor | None:
    """None for a model whose own forward pass fails at such sizes."""
    try:
        with torch.no_grad():
            return model(torch.arange(3, 27).reshape(2, 12), use_cache=False).logits
    except (RuntimeError, ValueError, TypeError):
        return None


def build(case: dict) -> torch.nn.Module:
    config = dict(case["config"])
    model_type = config.pop("model_type")
    torch.manual_seed(0)
    config = CONFIG_MAPPING[case.get("built_as") or model_type](**config)
    make = getattr(transformers, case["architecture"]) if case.get("architecture") else AutoModelForCausalLM.from_config
    model = make(config).eval()
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
    experts = [name for name in stored if re.search(r"\.experts\.(\d+\.|gate_up)|input_linear|\.moe\.up_proj", name)]
    layer = re.match(r"(.*?\.layers\.)(\d+)\.", experts[0])
    at = max(int(name.removeprefix(layer[1]).split(".")[0]) for name in experts if name.startswith(layer[1]))
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


def expected(stored: dict[str, torch.Tensor], names: set[str], wrong: list[str]) -> dict[str, torch.Tensor]:
    """What torch makes of what is stored, under the names that the conversion chose for stacks."""
    kinds = {"gate": ("gate_proj", "w1"), "up": ("up_proj", "w3"), "down": ("down_proj", "w2")}
    found = {}
    for name in names:
        layer = re.search(r"\.layers\.\d+\.", name)
        head = name[: layer.end()]
        kind = name.rsplit(".", 1)[-1].removesuffix("_proj")
        matrices: dict[str, dict[int, torch.Tensor]] = {}
        for other, tensor in stored.items():
            match = re.fullmatch(re.escape(head) + r".*experts\.(\d+)\.(\w+)\.weight", other)
            if match and "shared" not in other:
                which = next(kind for kind, ends in kinds.items() if match[2] in ends)
                matrices.setdefault(which, {})[int(match[1])] = tensor
        stacks = {which: torch.stack([some[expert] for expert in range(len(some))]) for which, some in matrices.items()}
        for other, tensor in stored.items():
            if other.startswith(head) and other.endswith(("experts.gate_up_proj", "moe.input_linear.weight")):
                stacks["gate"], stacks["up"] = tensor.chunk(2, dim=1)
            if other.startswith(head) and other.endswith(("experts.down_proj", "moe.output_linear.weight")):
                stacks["down"] = tensor
            match = re.fullmatch(re.escape(head) + r"moe\.(gate|up|down)_proj\.weight", other)
            if match:
                stacks[match[1]] = tensor
        if "gate" in stacks:
            stacks["gate_up"] = torch.cat([stacks["gate"], stacks["up"]], dim=1)
        if kind not in stacks:
            wrong.append(f"{name} is made of nothing that is stored")
        else:
            found[name] = stacks[kind].contiguous()
    return found


def same_matrices(loaded: dict, stacks: dict, stored: dict, wrong: list[str]) -> int:
    """Each expert's matrices against the three stacks."""
    compared = 0
    for name, tensor in loaded.items():
        match = re.fullmatch(r"(.*\.experts\.)(\d+)\.(gate|up|down)_proj\.weight", name)
        if match and name not in stored:
            stack = stacks.get(f"{match[1]}{match[3]}_proj", stored.get(f"{match[1]}{match[3]}_proj"))
            if stack is None:
                stack = stored.get(f"{match[1].replace('mlp.experts', 'moe')}{match[3]}_proj.weight")
            compared += same(name, tensor, None if stack is None else stack[int(match[2])].contiguous(), wrong)
    return compared


def same_tensors(what: str, found: dict, expected: dict, wrong: list[str]) -> int:
    if set(found) != set(expected):
        wrong.append(f"{what}: other names, such as {sorted(set(found) ^ set(expected))[:3]}")
    return sum(same(f"{name} of {what}", found.get(name), tensor, wrong) for name, tensor in expected.items())


def same(what: str, found: torch.Tensor | None, expected: torch.Tensor, wrong: list[str]) -> int:
    """Bit for bit."""
    if expected is None:
        wrong.append(f"{what} has nothing to be compared with")
    elif found is None or found.dtype != expected.dtype or found.shape != expected.shape:
        wrong.append(f"{what} is {None if found is None else list(found.shape)}, not {list(expected.shape)}")
    elif not torch.equal(found.view(torch.uint8), expected.contiguous().view(torch.uint8)):
        wrong.append(f"{what} has other bytes")
    return 1


if __name__ == "__main__":
    main()
