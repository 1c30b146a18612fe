"""How far one run is from another: losses, gradients, parameters, logits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

# A gradient that is this small beside the whole is noise; its difference is measured against this instead.
NOISE = 1e-4


def compare_steps(run: Path, reference: Path) -> list[dict[str, Any]]:
    """A row a step: both losses, and the parameter whose gradient differs most, by norms."""
    losses = json.loads((run / "losses.json").read_text())
    expected = json.loads((reference / "losses.json").read_text())
    rows = []
    for step, (loss, other) in enumerate(zip(losses, expected, strict=True), start=1):
        name = f"gradients-{step}.safetensors"
        worst, difference = worst_gradient(load_file(run / name), load_file(reference / name))
        rows.append({"step": step, "loss": loss, "reference": other, "parameter": worst, "difference": difference})
    return rows


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


def compare_models(saved: Path, trained: torch.nn.Module, start: Path) -> dict[str, Any]:
    """How the saved model loads, and how far its parameters and logits are from those of `trained`."""
    model, report = AutoModelForCausalLM.from_pretrained(saved, dtype=torch.float32, output_loading_info=True)
    beginning = dict(AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32).named_parameters())
    others = dict(model.named_parameters())
    worst, difference, moved = "", 0.0, 0.0
    for name, parameter in trained.named_parameters():
        here = (others[name] - parameter).abs().max().item()
        worst, difference = (name, here) if here > difference else (worst, difference)
        moved = max(moved, (beginning[name] - parameter).abs().max().item())
    tokens = torch.arange(3, 35).unsqueeze(0)
    with torch.no_grad():
        logits, expected = model.eval()(tokens).logits, trained.eval()(tokens).logits
    kinds = ("missing_keys", "unexpected_keys", "mismatched_keys")
    return {
        "keys": {kind: sorted(map(str, report[kind])) for kind in kinds},
        "parameter": worst,
        "difference": difference,
        "moved": moved,
        "logits": (logits - expected).abs().max().item() / expected.abs().max().item(),
    }
