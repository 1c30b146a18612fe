"""Compare two runs' checkpoints, read by torch's own reader.

    python resume_compare.py CHECKPOINT CHECKPOINT [--trained FOLDER]

Prints JSON: the largest relative difference of a tensor's values to the largest of them, for the model and for the
optimizer; how far the parameters are from the second's, and both runs' logs by step. With --trained, the largest difference
of the first checkpoint's model to the model that was saved in Hub format.
"""

import argparse
import json
from pathlib import Path

import torch
from torch.distributed.checkpoint import FileSystemReader
from torch.distributed.checkpoint.default_planner import _EmptyStateDictLoadPlanner
from torch.distributed.checkpoint.state_dict_loader import _load_state_dict
from transformers import AutoModelForCausalLM


def read(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor, whole, by its flat name."""
    state: dict = {}
    _load_state_dict(state, storage_reader=FileSystemReader(folder), planner=_EmptyStateDictLoadPlanner(), no_dist=True)
    return {f"{part}.{name}": value for part, values in state.items() for name, value in values.items()}


def difference(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor], part: str) -> float:
    names = {name for name in left if name.startswith(part)}
    assert names, f"nothing under {part}"
    assert names == {name for name in right if name.startswith(part)}
    worst = 0.0
    for name in names:
        assert left[name].shape == right[name].shape
        if not torch.equal(left[name], right[name]):
            scale = right[name].abs().max().clamp(min=1e-12)
            worst = max(worst, ((left[name] - right[name]).abs().max() / scale).item())
    return worst


# What a run measures of itself: times, and figures since it was started.
MEASURED = {"step", "tokens_per_second_per_gpu", "mfu", "dispatch_seconds", "expert_load", "rank_load"}


def log(folder: Path) -> dict[int, dict[str, float]]:
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    return {entry["step"]: {key: entry[key] for key in entry if key not in MEASURED} for entry in history}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs=2)
    parser.add_argument("--trained", type=Path)
    arguments = parser.parse_args()
    first, second = (read(folder) for folder in arguments.folders)
    result = {
        "model": difference(first, second, "model."),
        "optimizer": difference(first, second, "optimizer."),
        "logs": [log(folder) for folder in arguments.folders],
        "kinds": sorted({name.rsplit(".", 1)[1] for name in first if name.startswith("optimizer.")}),
    }
    if arguments.trained is not None:
        model = AutoModelForCausalLM.from_pretrained(arguments.trained, dtype=torch.float32)
        names = [name for name in model.state_dict() if f"model.{name}" in first]
        result["trained"] = max(
            (model.state_dict()[name] - first[f"model.{name}"]).abs().max().item() for name in names
        )
        result["compared"] = [len(names), sum(name.startswith("model.") for name in first)]
    print(json.dumps(result))


main()
