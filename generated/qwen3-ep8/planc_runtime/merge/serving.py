"""
A trained adapter in the form that engines for serving read: two matrices for each expert and projection.

vLLM and SGLang look for `...experts.3.gate_proj.lora_A.weight`, the names that the experts' own matrices have in a per_expert
checkpoint. Where PEFT has one pair for gate and up together, both get its first factor and their rows of the second. SGLang reads
`r` and `lora_alpha` alone: so every pair gets the largest rank, filled with zeros, and the scale is multiplied into lora_B.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from planc_runtime.errors import UserError
from planc_runtime.export.output_folder import OutputFolder
from planc_runtime.export.slots import write_all
from planc_runtime.export.table import trained_rows
from planc_runtime.merge.adapter import CONFIG, WEIGHTS, Adapter
from planc_runtime.safetensors import write_header
from planc_runtime.writing import new_file, put_json

ENGINES = ("vllm", "sglang")
LAYOUT = "per_expert"


@dataclass(frozen=True)
class Part:
    """What becomes of a pair for one expert and projection: `rows` of its second factor. `expert` is None for a matrix."""

    name: str
    parameter: str
    expert: int | None
    rows: slice


def write_for_serving(adapter: Adapter, lock: Mapping[str, Any], output: Path) -> str:
    """
    Write the adapter to a folder; a failure leaves nothing of it.

    Returns:
        What has been written, in words.

    Raises:
        UserError: the model has no such form, or the folder cannot be written to.
    """
    parts = list(_parts(adapter, lock))
    rank = max(pair.r for pair in adapter.pairs.values())
    entries, at = [], 0
    for part in parts:
        for name, shape in _shapes(part, adapter, rank).items():
            size = 4 * prod(shape)
            entries.append((name, "F32", shape, at, at + size))
            at += size
    header = write_header(entries)
    identity = {"form": LAYOUT, "source": adapter.digests}
    folder = OutputFolder(output, identity, names=(WEIGHTS, CONFIG), sources=(adapter.folder,), needed=len(header) + at)
    try:
        with new_file(output, WEIGHTS) as target:
            write_all(target, memoryview(header), 0)
            place = len(header)
            for part in parts:
                for factor in _factors(part, adapter, rank):
                    view = memoryview(factor.view(torch.uint8).numpy().reshape(-1))
                    write_all(target, view, place)
                    place += len(view)
        put_json(output, CONFIG, _config(adapter, parts, rank))
        folder.finish()
    except BaseException as error:
        folder.give_up()
        if isinstance(error, OSError):
            raise UserError(f"{error.filename or output}: {error.strerror or error}; nothing is left there") from error
        raise
    return f"{len(entries):,} tensors, {at / 1e9:.2f} GB, r {rank}"


def _parts(adapter: Adapter, lock: Mapping[str, Any]) -> Iterator[Part]:
    """In the order of the adapter's pairs, so that the factors of each are read once."""
    layout = lock["export"]["layouts"].get(LAYOUT)
    if layout is None:
        raise UserError(
            f"{lock['model']['model_type']} has no {LAYOUT} layout, whose names vLLM and SGLang look for: vLLM reads the adapter of"
            " such a model as PEFT stores it, in the run's output folder; for SGLang, merge it"
        )
    templates = {
        template.replace("{layer}", str(layer)): [name.replace("{layer}", str(layer)) for name in names]
        for row in trained_rows(lock)
        for layer in row["layers"] or [0]
        for template, names in [(row["name"], layout["experts"].get(row["name"]) or row["stored"])]
    }
    for parameter, pair in adapter.pairs.items():
        names = [f"base_model.model.{name.removesuffix('.weight')}" for name in templates[parameter]]
        if pair.experts is None:
            yield Part(names[0], parameter, None, slice(None))
            continue
        share = pair.out_features // len(names)
        for expert in range(pair.experts):
            for number, name in enumerate(names):
                rows = slice(number * share, (number + 1) * share)
                yield Part(name.replace("{expert}", str(expert)), parameter, expert, rows)


def _shapes(part: Part, adapter: Adapter, rank: int) -> dict[str, tuple[int, int]]:
    pair = adapter.pairs[part.parameter]
    rows = len(range(pair.out_features)[part.rows])
    return {f"{part.name}.lora_A.weight": (rank, pair.in_features), f"{part.name}.lora_B.weight": (rows, rank)}


def _factors(part: Part, adapter: Adapter, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    pair = adapter.pairs[part.parameter]
    first, second = adapter.factors(part.parameter)
    a_RM, b_NR = (first, second) if part.expert is None else (first[part.expert], second[part.expert])
    missing = rank - pair.r
    a_RM = functional.pad(a_RM, (0, 0, 0, missing))
    return a_RM.contiguous(), functional.pad(b_NR[part.rows] * pair.scaling, (0, missing)).contiguous()


def _config(adapter: Adapter, parts: list[Part], rank: int) -> dict[str, Any]:
    """Plain LoRA of one rank, whose scale is 1."""
    own = json.loads((adapter.folder / CONFIG).read_bytes())
    kept = {key: own[key] for key in ("peft_type", "task_type", "base_model_name_or_path", "revision") if key in own}
    targets = sorted({part.name.rpartition(".")[2] for part in parts})
    plain = {"lora_dropout": 0.0, "bias": "none", "use_rslora": False, "use_dora": False, "inference_mode": True}
    return {**kept, "r": rank, "lora_alpha": rank, "target_modules": targets, **plain}
