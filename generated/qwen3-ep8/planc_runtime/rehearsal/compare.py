"""How far one run is from another: batches, losses, gradients, parameters, logits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from planc_runtime.parts.parts import Parts
from planc_runtime.rehearsal.record import saved_name
from planc_runtime.rehearsal.reference import load_reported, load_whole

# A hundred thousandth of this is what float32 rounds off the whole gradient: the difference of a smaller one is measured against
# it. Decays of linear attention are sums in which nearly everything cancels.
NOISE = 5e-3

# Smaller rewards are differences of log probabilities that float32 does not tell from none.
UNREWARDED = 1e-2

# A value whose gradient is this small beside the whole gradient consists of what float32 rounds.
ROUNDED = 1e-6


def compare_batches(run: Path, reference: Path) -> dict[str, int]:
    """How many different micro-batches the ranks saw, how many the one process saw, and how many both did."""
    seen, expected = (
        {line for file in folder.glob("batches-*.txt") for line in file.read_text().split()}
        for folder in (run, reference)
    )
    return {"distinct": len(seen), "reference": len(expected), "common": len(seen & expected)}


def compare_documents(run: Path, reference: Path) -> dict[str, Any]:
    """
    How many packed rows of several documents both runs saw in the first step, and how far the log-probabilities of their
    tokens are apart: those of each row's first document, which has none before it, and those of the later ones.
    """
    rows, first, later = 0, 0.0, 0.0
    for file in reference.glob("tokens-*.safetensors"):
        alone = load_file(file)
        others = list(run.glob(f"tokens-*-{file.stem.rpartition('-')[2]}.safetensors"))
        if len(alone["documents"]) < 2 or not others:
            continue
        difference = (load_file(others[0])["log_probs"] - alone["log_probs"]).abs().flatten()
        # The first entry is about the second token.
        beginning, rest = difference.split([end := int(alone["documents"][0]) - 1, len(difference) - end])
        rows += 1
        first = max(first, beginning.max().item()) if end > 0 else first
        later = max(later, rest.max().item())
    return {"rows": rows, "first": first, "later": later}


def compare_shapes(run: Path, lock: dict[str, Any]) -> list[dict[str, Any]]:
    """Parameters of which the rank that holds the most holds another shape than the plan's lock says."""
    ranks = [json.loads(file.read_text()) for file in run.glob("shapes-*.json")]
    rows = []
    for tensor in [*lock["model"]["tensors"], *(lock["adapters"] or {"tensors": []})["tensors"]]:
        for layer in tensor["layers"] or [0]:
            name = tensor["name"].replace("{layer}", str(layer))
            shapes = [rank[name] for rank in ranks if name in rank]
            found = [max(sizes) for sizes in zip(*shapes, strict=True)]
            if shapes and found != tensor["local_shape"]:
                rows.append({"parameter": name, "found": found, "planned": tensor["local_shape"]})
    return rows


def compare_steps(run: Path, reference: Path) -> list[dict[str, Any]]:
    """
    A row a step: both losses, where there are rewards how far they are apart beside the larger one, the parameter whose gradient differs most, by norms, and where that gradient has the right
    direction but another length, its length.
    """
    losses = json.loads((run / "losses.json").read_text())
    expected = json.loads((reference / "losses.json").read_text())
    rewards = (
        json.loads(file.read_text()) for folder in (run, reference) if (file := folder / "rewards.json").exists()
    )
    apart = [rewards_apart(*pair) for pair in zip(*rewards, strict=True)]
    rows = []
    for step, (loss, other) in enumerate(zip(losses, expected, strict=True), start=1):
        name = f"gradients-{step}.safetensors"
        found, whole = load_file(run / name), load_file(reference / name)
        worst, difference = worst_gradient(found, whole)
        row = {"step": step, "loss": loss, "reference": other, "parameter": worst, "difference": difference}
        if step <= len(apart) and apart[step - 1] is not None:
            row["rewards"] = apart[step - 1]
        length = relative_length(found[worst], whole[worst]) if worst in found and worst in whole else None
        rows.append(row if length is None else {**row, "length": length})
    return rows


def rewards_apart(found: list[float], expected: list[float]) -> float | None:
    """The largest difference of two steps' rewards, relative to the largest of them; None where there are none."""
    largest = max(map(abs, expected), default=0.0)
    differences = [abs(one - other) for one, other in zip(found, expected, strict=True)]
    # Before the first step both models are the same, and rewards are what float32 rounds.
    return max(differences) / max(largest, UNREWARDED) if differences else None


def relative_length(found: torch.Tensor, expected: torch.Tensor) -> float | None:
    """How long one gradient is beside another of the same direction, None where the directions differ."""
    length = (found.norm() / expected.norm()).item()
    return (
        length if torch.nn.functional.cosine_similarity(found.flatten(), expected.flatten(), dim=0) > 0.9999 else None
    )


def worst_gradient(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> tuple[str, float]:
    """Name and relative difference; a gradient that only one side has counts as infinite."""
    missing = sorted(set(found) ^ set(expected))
    if missing:
        return missing[0], float("inf")
    floor = NOISE * torch.stack([gradient.norm() for gradient in expected.values()]).norm().item()
    differences = {
        name: (found[name] - gradient).norm().item() / max(gradient.norm().item(), floor)
        for name, gradient in expected.items()
    }
    worst = max(differences, key=lambda name: differences[name])
    return worst, differences[worst]


def compare_models(
    saved: Path,
    trained: torch.nn.Module,
    start: Path,
    parts: Parts | None,
    *,
    reference: Path,
    adapter: Path | None = None,
) -> dict[str, Any]:
    """How the saved model loads, and how far its parameters and logits are from those of `trained`, recorded in `reference`; with `adapter` training began on the model in `start`, and `saved` has an adapter, too."""
    steps = [load_file(file) for file in sorted(reference.glob("gradients-*.safetensors"))]
    limits = [ROUNDED * torch.stack([gradient.norm() for gradient in step.values()]).norm() for step in steps]
    model, report = load_reported(saved, parts) if adapter is None else load_reported(start, parts, saved)
    beginning = dict(load_whole(start, parts, adapter).named_parameters())
    others = dict(model.named_parameters())
    worst, difference, moved = "", 0.0, 0.0
    for name, parameter in trained.named_parameters():
        # Of single values whose gradient is next to nothing, AdamW makes a step of whatever noise there is.
        heard = torch.ones_like(parameter, dtype=torch.bool)
        for step, limit in zip(steps, limits, strict=True):
            gradient = step.get(saved_name(name))
            heard &= gradient.abs() > limit if gradient is not None else False
        apart = (others[name] - parameter)[heard | (beginning[name] == parameter)]
        here = apart.square().mean().sqrt().item() if apart.numel() else 0.0
        worst, difference = (name, here) if here > difference else (worst, difference)
        moved = max(moved, (beginning[name] - parameter).abs().max().item())
    tokens = torch.arange(3, 35).unsqueeze(0)
    with torch.no_grad():
        logits, expected = model.eval()(tokens).logits, trained.eval()(tokens).logits
    # Stacks [E, 2I, H] whose halves, gate and up, stand in each other's place.
    swapped = []
    for name, stack in trained.named_parameters():
        if name.endswith("gate_up_proj"):
            turned = others[name].roll(stack.shape[1] // 2, 1)
            if (turned - stack).abs().max() < (others[name] - stack).abs().max() / 10:
                swapped.append(name)
    kinds = ("missing_keys", "unexpected_keys", "mismatched_keys")
    return {
        "keys": {kind: sorted(map(str, report[kind])) for kind in kinds},
        "parameter": worst,
        "difference": difference,
        "moved": moved,
        "swapped": swapped,
        "logits": (logits - expected).abs().max().item() / expected.abs().max().item(),
    }
